//! Inline styles: which properties Zammad keeps, by element. Values that fetch something are not kept, whatever it
//! does.

const SIZES: [&str; 6] = ["width", "height", "max-width", "min-width", "max-height", "min-height"];
const BOXES: [&str; 32] = [
    "background",
    "background-color",
    "color",
    "font-size",
    "vertical-align",
    "margin",
    "margin-top",
    "margin-right",
    "margin-bottom",
    "margin-left",
    "padding",
    "padding-top",
    "padding-right",
    "padding-bottom",
    "padding-left",
    "text-align",
    "border",
    "border-top",
    "border-right",
    "border-bottom",
    "border-left",
    "border-collapse",
    "border-style",
    "border-spacing",
    "border-top-width",
    "border-right-width",
    "border-bottom-width",
    "border-left-width",
    "border-top-color",
    "border-right-color",
    "border-bottom-color",
    "border-left-color",
];
/// Values that would hide the text.
const HIDING: [&str; 6] =
    ["font-size:0", "font-size:0px", "font-size:0em", "font-size:0%", "display:none", "visibility:hidden"];

/// The allowed part of an element's style.
pub(super) fn kept(element: &str, style: &str) -> String {
    let known: &[&str] = match element {
        "img" => &SIZES,
        "span" => &["color"],
        "table" | "th" | "tr" | "td" => &BOXES,
        _ => return String::new(),
    };
    let style: String = style.to_lowercase().chars().filter(|letter| !letter.is_control()).collect();
    let mut kept = String::new();
    for pair in style.split(';') {
        let Some((name, value)) = pair.split_once(':') else { continue };
        let colourless =
            ["rgba(", "rgb(", "hsla(", "hsl("].iter().fold(value.to_owned(), |left, word| left.replace(word, ""));
        let harmless = !["(", "\\", "<", ">", "\"", "@"].iter().any(|mark| colourless.contains(mark));
        let bare: String = pair.chars().filter(|letter| !letter.is_whitespace()).collect();
        let size = element == "table" && matches!(name.trim(), "width" | "height");
        if (size || known.contains(&name.trim())) && harmless && !HIDING.contains(&bare.as_str()) {
            kept.push_str(pair);
            kept.push(';');
        }
    }
    kept
}
