//! The frame of the simulators' pages for humans. No scripts are needed to use them.

/// Text for HTML, in content and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2b6cb0; --warn: #b7791f; }
@media (prefers-color-scheme: dark) { :root { --accent: #7db4ea; --warn: #e5b567; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 0 1rem 3rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; padding: 1rem 0; }
header h1 { font-size: 1.15rem; margin: 0; } header p { margin: 0; opacity: .7; }
a { color: var(--accent); }
h2 { font-size: 1.35rem; line-height: 1.25; margin: .5rem 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; font-size: .85rem; opacity: .75; }
.scroll { overflow-x: auto; }
.columns { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 56rem) { .columns { grid-template-columns: minmax(0, 2fr) minmax(16rem, 1fr); } }
.tag { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .55rem; font-size: .8rem; white-space: nowrap; }
.tag.warn { border-color: var(--warn); color: var(--warn); }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; margin: 0 0 .8rem;
  overflow-wrap: anywhere; }
article.inner { border-left: 4px solid var(--warn); }
article > footer { font-size: .85rem; opacity: .75; } article pre { white-space: pre-wrap; margin: .3rem 0; }
article img { max-width: 100%; }
details.app { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1rem; overflow: hidden; }
details.app summary { padding: .5rem .8rem; cursor: pointer; font-weight: 600; }
details.app iframe { display: block; width: 100%; height: 12rem; border: 0; }
form { border: 1px solid var(--line); border-radius: .5rem; background: var(--soft); padding: .8rem; margin: 0 0 1rem; }
form h3 { margin: 0 0 .5rem; font-size: 1rem; }
label { display: block; margin: .4rem 0 .1rem; font-size: .9rem; }
label.inline { display: inline-flex; gap: .4rem; align-items: center; }
input[type=text], textarea, select { width: 100%; font: inherit; padding: .4rem; }
button { font: inherit; padding: .4rem .9rem; margin-top: .6rem; cursor: pointer; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem 1rem; margin: 0 0 1rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
";

/// A whole page. `body` is HTML; `refresh` is the interval of reloads in seconds.
pub(crate) fn page(product: &str, title: &str, refresh: Option<u32>, script: &str, body: &str) -> String {
    let refresh =
        refresh.map(|seconds| format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">")).unwrap_or_default();
    let script = if script.is_empty() { String::new() } else { format!("<script>{script}</script>") };
    let (title, product) = (escape(title), escape(product));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{refresh}\
         <title>{title} · {product}</title><link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style>{script}</head>\
         <body><header><h1><a href=\"/\">{product}</a></h1><p>simulator, nothing here is real</p></header>\
         <main>{body}</main></body></html>\n"
    )
}

/// The choices of a drop-down list: value, text; the chosen value.
pub(crate) fn options<'a>(rows: impl IntoIterator<Item = (String, &'a str)>, chosen: &str) -> String {
    let option = |(value, text): (String, &str)| {
        let selected = if value == chosen { " selected" } else { "" };
        format!("<option value=\"{}\"{selected}>{}</option>", escape(&value), escape(text))
    };
    rows.into_iter().map(option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        assert_eq!(escape("<a href='x\">&"), "&lt;a href=&#39;x&quot;&gt;&amp;");
    }
}
