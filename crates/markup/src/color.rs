//! Colours of text and of what is behind it.

use std::fmt;

use crate::parse::Element;

/// Names that people and mail programs use.
const NAMES: &[(&str, [u8; 3])] = &[
    ("black", [0, 0, 0]),
    ("white", [255, 255, 255]),
    ("gray", [128, 128, 128]),
    ("grey", [128, 128, 128]),
    ("dimgray", [105, 105, 105]),
    ("dimgrey", [105, 105, 105]),
    ("darkgray", [169, 169, 169]),
    ("darkgrey", [169, 169, 169]),
    ("silver", [192, 192, 192]),
    ("lightgray", [211, 211, 211]),
    ("lightgrey", [211, 211, 211]),
    ("red", [255, 0, 0]),
    ("darkred", [139, 0, 0]),
    ("crimson", [220, 20, 60]),
    ("maroon", [128, 0, 0]),
    ("orange", [255, 165, 0]),
    ("yellow", [255, 255, 0]),
    ("green", [0, 128, 0]),
    ("darkgreen", [0, 100, 0]),
    ("lime", [0, 255, 0]),
    ("lightgreen", [144, 238, 144]),
    ("olive", [128, 128, 0]),
    ("teal", [0, 128, 128]),
    ("aqua", [0, 255, 255]),
    ("cyan", [0, 255, 255]),
    ("blue", [0, 0, 255]),
    ("lightblue", [173, 216, 230]),
    ("navy", [0, 0, 128]),
    ("darkblue", [0, 0, 139]),
    ("purple", [128, 0, 128]),
    ("fuchsia", [255, 0, 255]),
    ("magenta", [255, 0, 255]),
    ("pink", [255, 192, 203]),
];

/// Red, green and blue. Written as `#ff0000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Color([u8; 3]);

impl Color {
    /// The darkest grey that somebody chooses as a colour. Mail programs write their ordinary letters a bit darker.
    pub(crate) const LEAST_LIGHT: u32 = 58;

    /// The lightest colour that is seen as one on white.
    pub(crate) const MOST_LIGHT: u32 = 243;

    /// `#ff0000`, as Jira has it.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// `#f00`, `#ff0000`, `rgb(255, 0, 0)`, `rgba(255, 0, 0, 0.5)` or `red`, as a style has it. What is transparent is taken
    /// as it looks on white.
    pub(crate) fn from_css(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(digits) = text.strip_prefix('#').filter(|digits| digits.chars().count() == 3) {
            return Self::from_hex(&digits.chars().fold("#".to_owned(), |hex, digit| format!("{hex}{digit}{digit}")));
        }
        let inner = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb("));
        if let Some(inner) = inner.and_then(|rest| rest.strip_suffix(')')) {
            let mut parts = inner.split([',', ' ', '/']).filter(|part| !part.is_empty());
            let mut next = || parts.next()?.parse().ok();
            let color = [next()?, next()?, next()?];
            return match parts.next() {
                Some(opacity) => Some(Self(on_white(color, opacity)?)),
                None => Some(Self(color)),
            };
        }
        let named = NAMES.iter().find(|(name, _)| *name == text).map(|(_, color)| Self(*color));
        named.or_else(|| Self::from_hex(&text))
    }

    /// The colour that an element gives to its text: `None` if it leaves it as it is, `Some(None)` if it makes it an
    /// ordinary one. What is nearly black is ordinary, and what is too light to be read.
    pub(crate) fn of_text(element: &Element) -> Option<Option<Self>> {
        let value = element.style("color").or_else(|| element.attribute("color").filter(|_| &*element.name == "font"));
        let value = value.filter(|value| *value != "inherit")?;
        let is_seen = |color: &Self| color.saturation() >= 48 || color.lightness() >= Self::LEAST_LIGHT;
        Some(Self::from_css(value).filter(|color| is_seen(color) && color.lightness() <= 200))
    }

    /// Likewise, the colour behind the text, without the dark ones, on which dark letters cannot be read.
    pub(crate) fn of_background(element: &Element) -> Option<Option<Self>> {
        let value = element.style("background-color").or_else(|| element.style("background"));
        let value = value.or_else(|| element.attribute("bgcolor")).or((&*element.name == "mark").then_some("yellow"));
        let value = value.filter(|value| !matches!(*value, "inherit" | "transparent"))?;
        let is_seen = |color: &Self| color.saturation() >= 24 || color.lightness() <= Self::MOST_LIGHT;
        Some(Self::from_css(value).filter(|color| is_seen(color) && color.lightness() >= 140))
    }

    pub(crate) fn saturation(self) -> u8 {
        let [red, green, blue] = self.0;
        red.max(green).max(blue) - red.min(green).min(blue)
    }

    /// As the eye sees it, up to 255.
    pub(crate) fn lightness(self) -> u32 {
        let [red, green, blue] = self.0.map(u32::from);
        (red * 213 + green * 715 + blue * 72) / 1000
    }
}

fn on_white(color: [u8; 3], opacity: &str) -> Option<[u8; 3]> {
    let opacity = match opacity.strip_suffix('%') {
        Some(percent) => percent.parse::<f32>().ok()? / 100.0,
        None => opacity.parse::<f32>().ok()?,
    };
    // Thousandths, so that the rest is whole numbers.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
    let part = (opacity.clamp(0.0, 1.0) * 1000.0) as u32;
    Some(color.map(|value| u8::try_from((u32::from(value) * part + 255 * (1000 - part)) / 1000).unwrap_or(u8::MAX)))
}

impl fmt::Display for Color {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(out, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_written() {
        for (css, want) in [
            ("#F00", "#ff0000"),
            ("#FF8000", "#ff8000"),
            ("rgb(1, 2,3)", "#010203"),
            ("rgb(1 2 3)", "#010203"),
            (" Red ", "#ff0000"),
            ("rgba(255, 0, 0, 1)", "#ff0000"),
            ("rgb(255 0 0 / 50%)", "#ff7f7f"),
            ("rgba(0,0,0,0)", "#ffffff"),
        ] {
            assert_eq!(Color::from_css(css).map(|color| color.to_string()).as_deref(), Some(want));
        }
        for bad in [
            "",
            "#",
            "#ff",
            "#ggg",
            "#ßßß",
            "#+ff000",
            "rgb(1,2)",
            "rgb(300,0,0)",
            "rgba(1,2,3,x)",
            "windowtext",
            "url(x)",
        ] {
            assert_eq!(Color::from_css(bad), None, "{bad}");
        }
        assert_eq!(Color::from_hex("#f00"), None);
    }
}
