//! Kinds of articles: what of each reaches Jira by default. Nothing else of them leaves the network.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use devkit::zammad_sim::{Channel, Incoming};
use serde_json::json;

use crate::support::{LinkedSite, eventually};

impl LinkedSite {
    fn comes_in(&self, incoming: Incoming) {
        self.site.zammad.receive(incoming).unwrap();
    }

    /// The bodies of everything that Forge received.
    async fn sent(&self) -> String {
        let captures = self.site.emulator.captures().await.unwrap();
        let bodies = captures.iter().map(|capture| STANDARD.decode(capture["bodyBase64"].as_str().unwrap()).unwrap());
        bodies.map(|body| String::from_utf8_lossy(&body).into_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_of_people_are_sent_and_those_of_machines_stay_in_zammad() {
    let env = LinkedSite::start().await;
    let mail = |body: &str| Incoming::mail(env.ticket, body);
    env.comes_in(mail("Out of office until Monday.").auto_response());
    env.comes_in(mail("Could not be delivered.").file("report.txt", "message/delivery-status", "Action: failed"));
    env.comes_in(mail("Your ticket was received.").system());
    env.comes_in(Incoming::article(env.ticket, Channel::Note, "Escalated by a trigger.").system().internal());
    // Articles are sent in their order, so the others were decided before this one arrives.
    env.comes_in(mail("The customer writes by hand.").subject("Re: login"));
    env.comes_in(Incoming::article(env.ticket, Channel::Phone, "The customer called."));
    eventually("the last one", || env.mirrored().iter().any(|text| text.contains("The customer called."))).await;
    let mirrored = env.mirrored();
    assert_eq!(mirrored.len(), 2, "{mirrored:?}");
    assert!(mirrored[0].contains("The customer writes by hand.") && mirrored[0].contains("Re: login"));
    let sent = env.sent().await;
    for words in ["Out of office", "Could not be delivered", "report.txt", "was received", "Escalated by a trigger"] {
        assert!(!sent.contains(words), "{words}");
    }
    // The admin of the Jira site may want them.
    env.settings(|value| value["comments"]["kinds"]["automatic"] = json!("whole")).await;
    env.comes_in(mail("Away again.").auto_response());
    eventually("the automatic reply", || env.mirrored().iter().any(|text| text.contains("Away again."))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_mail_is_a_notice_without_its_text_and_files() {
    let env = LinkedSite::start().await;
    let mail = |body: &str| Incoming::mail(env.ticket, body);
    // S/MIME that Zammad could decrypt, PGP in the text, and PGP as files.
    env.comes_in(mail("Salaries of 2026.").subject("Salary list").security(true, true).file(
        "salaries.xlsx",
        "application/vnd.ms-excel",
        "WORKBOOK-BYTES",
    ));
    env.comes_in(mail("-----BEGIN PGP MESSAGE-----\n\nhQEMA5vZ\n-----END PGP MESSAGE-----"));
    env.comes_in(mail("See the encrypted part.").file("encrypted.asc", "application/pgp-encrypted", "Version: 1"));
    // A signature hides nothing.
    env.comes_in(mail("Signed and readable.").security(false, true));
    eventually("the last one", || env.mirrored().iter().any(|text| text.contains("Signed and readable."))).await;
    let mirrored = env.mirrored();
    assert_eq!(mirrored.len(), 4, "{mirrored:?}");
    assert!(mirrored[..3].iter().all(|text| text.contains("This mail is protected")), "{mirrored:?}");
    assert!(!mirrored[3].contains("This mail is protected"));
    let sent = env.sent().await;
    let file = STANDARD.encode("WORKBOOK-BYTES");
    for words in ["Salaries", "Salary list", "salaries.xlsx", &file, "hQEMA5vZ", "the encrypted part", "encrypted.asc"]
    {
        assert!(!sent.contains(words), "{words}");
    }
}
