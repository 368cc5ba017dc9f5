//! The proxy for connections to Forge, from the variables that other programs use too: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`,
//! in lower or upper case. The address may contain a password, so it is never shown.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::{NoProxy, Proxy};
use url::Url;

use super::Fault;

/// In the order in which they count, as for curl.
const PROXY: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// A proxy.
#[derive(Clone)]
pub struct ForgeProxy {
    /// The proxy, with the names, suffixes and networks that are reached without it.
    pub(crate) proxy: Proxy,
    /// Its host name, which may resolve to an internal address.
    pub(crate) host: String,
}

impl fmt::Debug for ForgeProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForgeProxy")
    }
}

/// Reads the proxy; `None` if there is none.
pub(super) fn read(environment: &BTreeMap<String, String>) -> Result<Option<ForgeProxy>, Fault> {
    let value = |name: &&str| environment.get(*name).filter(|value| !value.trim().is_empty());
    let Some((name, text)) = PROXY.iter().find_map(|name| Some((*name, value(name)?.trim()))) else { return Ok(None) };
    let fault = || Fault::new(name, "must be the address of an HTTP proxy, such as http://proxy.example:3128");
    let address = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&address).map_err(|_| fault())?;
    let (true, Some(host)) = (matches!(url.scheme(), "http" | "https"), url.host_str()) else { return Err(fault()) };
    let host = host.to_owned();
    let without = NO_PROXY.iter().find_map(value).and_then(|list| NoProxy::from_string(list));
    let proxy = Proxy::https(url).map_err(|_| fault())?.no_proxy(without);
    Ok(Some(ForgeProxy { proxy, host }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read(&environment).map(|proxy| proxy.map(|proxy| proxy.host)).map_err(|fault| {
            assert!(!fault.reason.contains("hunter2"), "{fault:?}");
            fault.setting
        })
    }

    #[test]
    fn the_usual_variables_are_understood() {
        for (variables, expected) in [
            (&[][..], Ok(None)),
            (&[("HTTPS_PROXY", "")], Ok(None)),
            (&[("HTTPS_PROXY", "http://proxy.corp:3128")], Ok(Some("proxy.corp"))),
            (&[("https_proxy", "proxy.corp:3128")], Ok(Some("proxy.corp"))),
            (&[("ALL_PROXY", "http://a:8080"), ("HTTPS_PROXY", "http://b:8080")], Ok(Some("b"))),
            (&[("HTTPS_PROXY", "http://anna:hunter2@proxy.corp:3128/")], Ok(Some("proxy.corp"))),
            (&[("HTTPS_PROXY", "http://[fd00::1]:3128")], Ok(Some("[fd00::1]"))),
            (&[("HTTP_PROXY", "http://proxy.corp:3128")], Ok(None)),
            (&[("HTTPS_PROXY", "socks5://hunter2@proxy.corp:1080")], Err("HTTPS_PROXY")),
            (&[("ALL_PROXY", "http://")], Err("ALL_PROXY")),
        ] {
            assert_eq!(
                of(variables),
                expected.map(|host| host.map(str::to_owned)).map_err(str::to_owned),
                "{variables:?}"
            );
        }
    }
}
