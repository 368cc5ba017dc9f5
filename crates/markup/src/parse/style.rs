//! Inline styles.

use super::Element;

impl Element {
    /// The last value of a property in the element's `style`, without blanks around it.
    pub(crate) fn style(&self, property: &str) -> Option<&str> {
        let rules = self.attribute("style")?.split(';').filter_map(|rule| rule.split_once(':'));
        let values = rules.filter(|(name, _)| name.trim().eq_ignore_ascii_case(property));
        values.map(|(_, value)| value.trim()).next_back()
    }

    /// Whether this is a picture of at most one pixel in width or height, as mails use it to count readers. Zammad writes the
    /// size as style.
    pub(crate) fn is_invisible_picture(&self) -> bool {
        let is_tiny = |side: &str| {
            matches!(self.style(side), Some("0" | "0px" | "1px")) || matches!(self.attribute(side), Some("0" | "1"))
        };
        is_tiny("width") || is_tiny("height")
    }
}
