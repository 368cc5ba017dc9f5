//! Inline styles.

use super::Element;

impl Element {
    /// The last value of a property in the element's `style`, without blanks around it.
    pub(crate) fn style(&self, property: &str) -> Option<&str> {
        let rules = self.attribute("style")?.split(';').filter_map(|rule| rule.split_once(':'));
        let values = rules.filter(|(name, _)| name.trim().eq_ignore_ascii_case(property));
        values.map(|(_, value)| value.trim()).last()
    }

    /// A picture that nobody is meant to see: mail that counts its readers has one. Zammad writes its size as style.
    pub(crate) fn is_invisible_picture(&self) -> bool {
        let is_tiny = |side: &str| {
            matches!(self.style(side), Some("0" | "0px" | "1px")) || matches!(self.attribute(side), Some("0" | "1"))
        };
        is_tiny("width") || is_tiny("height")
    }
}
