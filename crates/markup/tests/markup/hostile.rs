//! Input that is made to hurt: 200 KB of it in each case, 1.4 MB of the worst, in time that is no matter of minutes, and on a small stack.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use markup::{adf_of_html, adf_of_text, document, html_of_adf, split, text_of_adf};

use crate::schema::assert_valid;

const SIZE: usize = 200_000;

/// The most time for one case. It is long because the machine may be busy; quadratic work takes far longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The stack size of the runtime's threads.
const STACK: usize = 2 << 20;

fn repeated(piece: &str) -> String {
    piece.repeat(SIZE / piece.len())
}

fn cases() -> Vec<String> {
    let numbered = |each: fn(usize) -> String| (0..SIZE / 16).map(each).collect::<String>();
    let pieces = [
        "<",
        ">",
        "&",
        "&amp",
        "&#",
        "</",
        "<!",
        "<!--",
        "<a",
        "<a ",
        "<a href=\"",
        "<div>",
        "</div>",
        "<b>",
        "<p>x",
        "<p>x</p>",
        "<br>",
        "<li>",
        "<ul><li>",
        "<ol><li>x",
        "<blockquote>",
        "<blockquote>x</blockquote>",
        "<table>",
        "<table><tr><td>",
        "<td>x",
        "<tr><td>x</td></tr>",
        "<details>",
        "<details><summary>",
        "<pre>",
        "<pre>x</pre>",
        "<h1>",
        "<a href=\"https://a.example\">",
        "<b><i></b></i>",
        "<b><p>x</b>",
        "<span></div>",
        "<i><table><td><div></i>",
        "<script>",
        "<title>",
        "<textarea>",
        "<svg>",
        "x ",
        "x",
        " ",
        "&nbsp;",
        "\n",
        "> ",
        "https://",
        "http",
        "https://a.example/)",
        "https://a)))))",
        "(https://a.example/",
        "-----Original Message-----<br>",
        "From: a<br>",
        "On 3 wrote:<br>",
        "<blockquote type=cite>x</blockquote>",
        "<img src=x alt=y>",
        "\u{200d}",
        "🙂",
        "<font a><font b>",
        "<dl><dt><dd>",
    ];
    let mut cases: Vec<String> = pieces.into_iter().map(repeated).collect();
    cases.push(format!("<p{}>x", numbered(|number| format!(" a{number}"))));
    cases.push(format!("<p><b a=1><b a=2><b a=3><i a=4><i a=5><i a=6>x</p>{}", repeated("<p>x")));
    cases.push(numbered(|number| format!("<p><b a={number}>")) + &repeated("<p>x"));
    cases.push(format!("<table border=1>{}</table>", repeated("<tr><td>a</td><td>b</td></tr>")));
    cases.push(format!("<table border=1><tr>{}</tr></table>", repeated("<td>x</td>")));
    cases.push(format!("<table border=1><tr><td>x<td>{}</table>", repeated("<p>x</p>")));
    cases.push(repeated("<div>") + "x" + &repeated("</div>") + "<p>y</p>");
    cases.push(format!("<ul>{}</ul>", repeated("<li>x</li>")));
    cases.push("<".repeat(1_400_000));
    cases.push(format!("<table border=1>{}</table>", "<tr><td>a</td><td>b</td></tr>".repeat(35_000)));
    cases.push(format!("<p title=\"{}\">x", repeated("y ")));
    cases
}

#[test]
fn all_of_it_is_read_split_and_valid() {
    let (done, wait) = mpsc::channel();
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || {
        for html in cases() {
            let name: String = html.chars().take(40).collect();
            let blocks = adf_of_html(&html, &());
            let doc = document(blocks.clone());
            let note = html_of_adf(&doc, &|_| None);
            let text = text_of_adf(&doc);
            let head = |part: usize, of: usize| adf_of_text(&format!("{part} of {of}")).remove(0);
            let parts = split(head, blocks, 32_767);
            let longest = parts.iter().map(|part| serde_json::to_string(part).unwrap().chars().count()).max();
            assert!(longest.unwrap() <= 32_767, "{name}");
            parts.iter().step_by(parts.len().div_ceil(2)).for_each(assert_valid);
            let plain = adf_of_text(&html);
            done.send((name, note.len() + text.len() + plain.len())).unwrap();
        }
    });
    for _ in 0..cases().len() {
        if let Err(error) = wait.recv_timeout(PATIENCE) {
            assert!(!worker.unwrap().is_finished(), "the worker has failed, see above");
            panic!("{error}: quadratic again?");
        }
    }
}
