//! How the colours of a mail differ to the eye. An answer inside a copy may have any colour, also a grey, so everything
//! counts that does not look like black letters on white.

use crate::color::Color;
use crate::parse::{Element, tags};

/// The difference between the parts of a colour that makes it one, however dark or light it is.
const LEAST_COLORFUL: u8 = 24;

/// The words for colours that are ordinary, and the other words that styles have in the same place.
const ORDINARY: &[&str] = &[
    "windowtext",
    "text",
    "canvastext",
    "fieldtext",
    "currentcolor",
    "auto",
    "initial",
    "unset",
    "revert",
    "window",
    "canvas",
    "none",
    "transparent",
    "no-repeat",
    "repeat",
    "repeat-x",
    "repeat-y",
    "scroll",
    "left",
    "top",
    "center",
    "!important",
];

/// The colour of letters, or behind them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shade {
    /// That of most mails: (nearly) black letters, (nearly) white behind them.
    #[default]
    Ordinary,
    Of(Color),
    /// A colour in a notation that is not read here.
    Unknown,
}

/// The colours of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Colors {
    text: Shade,
    background: Shade,
}

impl Colors {
    /// The colours of the words in an element that stands among words of these colours.
    pub(super) fn inside(self, element: &Element) -> Self {
        let name = &*element.name;
        let text = element.style("color").or_else(|| element.attribute("color").filter(|_| name == "font"));
        let behind = element.style("background-color").or_else(|| element.style("background"));
        let behind = behind.or_else(|| element.attribute("bgcolor")).or((name == "mark").then_some("yellow"));
        // Gmail writes the signatures of quoted mails in this grey, and does not offer it for letters.
        let text = if name == "font" && text == Some("#888888") { Some("black") } else { text };
        let set = |value: Option<&str>| value.filter(|value| *value != "inherit").map(shade);
        Self {
            text: set(text).unwrap_or(self.text),
            // A box in a mail has a background; an answer has one behind its letters.
            background: set(behind).filter(|_| tags::is_formatting(name)).unwrap_or(self.background),
        }
    }

    /// Whether words of these colours stand out among words of those.
    pub(super) fn differ_from(self, others: Self) -> bool {
        let is_unknown = [self.text, self.background].contains(&Shade::Unknown);
        is_unknown || self != others
    }
}

fn shade(value: &str) -> Shade {
    let small = value.trim().to_ascii_lowercase();
    if let Some(color) = Color::from_css(&small) {
        return of(color);
    }
    if small.contains("url(") || small.starts_with("var(") {
        return Shade::Ordinary;
    }
    // `yellow none repeat scroll 0% 0%`
    let mut words = small.split_whitespace();
    if let Some(color) = words.clone().find_map(Color::from_css) {
        return of(color);
    }
    let is_ordinary = |word: &str| ORDINARY.contains(&word) || word.starts_with(|letter: char| letter.is_ascii_digit());
    if words.all(is_ordinary) { Shade::Ordinary } else { Shade::Unknown }
}

fn of(color: Color) -> Shade {
    let is_visible =
        (Color::LEAST_LIGHT..=Color::MOST_LIGHT).contains(&color.lightness()) || color.saturation() >= LEAST_COLORFUL;
    if is_visible { Shade::Of(color) } else { Shade::Ordinary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_black_and_nearly_white_are_ordinary() {
        let ordinary = [
            "black",
            "#000",
            "#222222",
            "#333",
            "rgb(33, 33, 33)",
            "rgba(0,0,0,0.9)",
            "rgba(0, 0, 0, 0)",
            "#ffffff",
            "white",
            "windowtext",
            "transparent",
            "none",
            "white none repeat scroll 0% 0%",
            "black !important",
            "",
            "var(--text)",
        ];
        for value in ordinary {
            assert_eq!(shade(value), Shade::Ordinary, "{value}");
        }
        let visible = [
            "#404040",
            "#595959",
            "#7f7f7f",
            "gray",
            "silver",
            "lightgrey",
            "dimgray",
            "#d9d9d9",
            "#44546a",
            "#1f3864",
            "red",
            "yellow none repeat scroll 0% 0%",
            "rgba(255, 0, 0, 0.8)",
            "rgba(0,0,0,.5)",
            "#ffffe0",
            "#f00 !important",
        ];
        for value in visible {
            assert!(matches!(shade(value), Shade::Of(_)), "{value}");
        }
        assert_eq!(shade("hsl(0 100% 50%)"), Shade::Unknown);
        assert_eq!(shade("tomato"), Shade::Unknown);
    }
}
