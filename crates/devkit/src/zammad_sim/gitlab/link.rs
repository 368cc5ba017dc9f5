//! Addresses of issues.

use std::sync::LazyLock;

use regex::Regex;

use crate::zammad_sim::model::gitlab::Config;

/// `https://host/group/project/-/issues/1`, or `/-/work_items/1`. `None` never happens: the pattern is a constant.
static ISSUE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(https?)://([^/]+)/(.+?)/-/(issues|work_items)/(\d+)/?$").ok());

/// An address that names an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub scheme: String,
    /// With its port.
    pub host: String,
    pub fullpath: String,
    pub iid: String,
}

impl Link {
    /// Reads a link to an issue of the configured endpoint. Errors have Zammad's texts.
    pub fn read(link: &str, config: &Config) -> Result<Self, String> {
        let endpoint = &config.endpoint;
        let found = ISSUE.as_ref().and_then(|issue| issue.captures(link));
        let found = found.filter(|found| config.takes_work_items || &found[4] == "issues");
        let found = found.ok_or_else(|| "Invalid GitLab issue link format".to_owned())?;
        let host = found[2].to_owned();
        // Anywhere in the endpoint, in its query too.
        if !endpoint.contains(&host) {
            return Err(format!("Issue link doesn't match configured GitLab endpoint '{endpoint}'"));
        }
        let fullpath = match sub_path(endpoint) {
            Some(sub) => found[3].strip_prefix(&sub).unwrap_or(&found[3]).to_owned(),
            None => found[3].to_owned(),
        };
        Ok(Self { scheme: found[1].to_owned(), host, fullpath, iid: found[5].to_owned() })
    }
}

/// `x/` of an endpoint `https://host/x/api/graphql`.
fn sub_path(endpoint: &str) -> Option<String> {
    let path = endpoint.split_once("://")?.1.split_once('/')?.1;
    let sub = path.split_once("api/graphql")?.0;
    (!sub.is_empty()).then(|| sub.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_belongs_to_the_endpoint() {
        let mut config = Config {
            endpoint: "https://git.example/sub/api/graphql?host=help.example".to_owned(),
            ..Config::default()
        };
        let link = |text| Link::read(text, &config);
        let read = link("https://git.example/sub/a/b/-/issues/12").unwrap();
        assert_eq!((read.fullpath.as_str(), read.iid.as_str()), ("a/b", "12"));
        assert_eq!(link("https://help.example/a/-/issues/1").unwrap().fullpath, "a");
        assert!(link("https://other.example/a/-/issues/1").unwrap_err().starts_with("Issue link doesn't match"));
        for wrong in ["https://git.example/a/-/issues/1?x=1", "https://git.example/a/-/work_items/1", "nonsense"] {
            assert_eq!(link(wrong).unwrap_err(), "Invalid GitLab issue link format");
        }
        config.takes_work_items = true;
        let read = Link::read("https://git.example/sub/a/b/-/work_items/12", &config).unwrap();
        assert_eq!((read.fullpath.as_str(), read.iid.as_str()), ("a/b", "12"));
        assert_eq!(Link::read("https://git.example/a/-/issues/1", &config).unwrap().iid, "1");
    }
}
