//! Answers of a proxy in front of the server, or of another server at its address. The bodies are typical, not
//! recorded.

use serde_json::json;

use super::{Answer, Inbound};
use crate::faults::FaultKind;

/// The page of a proxy that has no such address, as nginx writes it.
const NOT_FOUND: &str = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found\
                         </h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

const LOGIN: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Log in</title></head>\
                     <body><h1>Log in</h1><form method=\"post\" action=\"/login\"><input name=\"username\">\
                     <input name=\"password\" type=\"password\"><button>Log in</button></form></body></html>\n";

/// The answer to a request that this fault hits, if it is a fault of what stands before the server.
pub(crate) fn answer(fault: &FaultKind, inbound: &Inbound) -> Option<Answer> {
    Some(match fault {
        FaultKind::ProxyNotFound { plain: true } => {
            Answer::new(404, "text/plain; charset=utf-8", "404 page not found\n")
        }
        FaultKind::ProxyNotFound { plain: false } => Answer::new(404, "text/html", NOT_FOUND),
        FaultKind::LoginPage => Answer::html(200, LOGIN.to_owned()),
        FaultKind::Redirect { location, permanent } => redirect(location, *permanent, inbound),
        FaultKind::EmptyBody => Answer::new(200, "application/json; charset=utf-8", ""),
        FaultKind::OtherJson => Answer::json(200, &json!({"status": "ok"})),
        _ => return None,
    })
}

fn redirect(location: &str, permanent: bool, inbound: &Inbound) -> Answer {
    let (status, title) = if permanent { (301, "301 Moved Permanently") } else { (302, "302 Found") };
    let page = format!("<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>\r\n");
    let has_path = location.split_once("://").is_none_or(|(_, rest)| rest.contains('/'));
    let rest = match (has_path, inbound.query.as_str()) {
        (true, _) => String::new(),
        (false, "") => inbound.path.clone(),
        (false, query) => format!("{}?{query}", inbound.path),
    };
    Answer::new(status, "text/html", page).with("location", format!("{location}{rest}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn location(to: &str, permanent: bool) -> (u16, String) {
        let fault = FaultKind::Redirect { location: to.to_owned(), permanent };
        let answer = answer(&fault, &Inbound::json("GET", "/api/v1/tickets?page=2", &Value::Null)).unwrap();
        let header = answer.headers.into_iter().find(|(name, _)| *name == "location").unwrap();
        (answer.status, header.1)
    }

    #[test]
    fn a_redirect_keeps_the_path_unless_it_names_one() {
        let kept = "https://help.example.com/api/v1/tickets?page=2".to_owned();
        assert_eq!(location("https://help.example.com", false), (302, kept.clone()));
        assert_eq!(location("https://help.example.com", true), (301, kept));
        assert_eq!(location("https://help.example.com/", true), (301, "https://help.example.com/".to_owned()));
    }

    #[test]
    fn pages_and_bodies_of_others_are_no_answers_of_the_server() {
        let inbound = Inbound::json("GET", "/x", &Value::Null);
        let made = |fault: FaultKind| {
            let answer = answer(&fault, &inbound).unwrap();
            (answer.status, answer.headers[0].1.clone(), String::from_utf8(answer.body.to_vec()).unwrap())
        };
        let (status, kind, body) = made(FaultKind::ProxyNotFound { plain: false });
        assert!((status, kind.as_str()) == (404, "text/html") && body.contains("nginx"));
        let plain = made(FaultKind::ProxyNotFound { plain: true });
        assert_eq!((plain.0, plain.2.as_str()), (404, "404 page not found\n"));
        let (status, kind, body) = made(FaultKind::LoginPage);
        assert!((status, kind.as_str()) == (200, "text/html; charset=utf-8") && body.contains("password"));
        assert_eq!((made(FaultKind::EmptyBody).0, made(FaultKind::EmptyBody).2), (200, String::new()));
        assert_eq!(made(FaultKind::OtherJson).2, r#"{"status":"ok"}"#);
        assert!(answer(&FaultKind::Hang, &inbound).is_none());
    }
}
