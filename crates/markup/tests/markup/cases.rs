//! HTML as Zammad stores it, construct by construct.

use markup::{Media, Resolve, adf_of_html, document};

use crate::schema::assert_valid;
use crate::sketch::sketch;

struct Known;

impl Resolve for Known {
    fn image(&self, src: &str) -> Option<Media> {
        src.contains("ticket_attachment").then(|| Media { id: "m1".into(), alt: None, width: Some(5), height: None })
    }

    fn account(&self, user_id: &str) -> Option<String> {
        (user_id == "7").then(|| "acc-7".to_owned())
    }
}

fn check(cases: &[(&str, &str)]) {
    for (html, want) in cases {
        let blocks = adf_of_html(html, &Known);
        assert_eq!(sketch(&blocks), *want, "{html}");
        assert_valid(&document(blocks));
    }
}

#[test]
fn lines_and_paragraphs() {
    check(&[
        ("plain", "p(plain)"),
        ("", ""),
        ("<p>  </p><p></p><p><br></p><div>&nbsp;</div>", ""),
        ("<p>Dear team,</p><p>it<br>burns.</p>", "p(Dear_team,) p(it / burns.)"),
        ("<div>a</div><div>b</div><div><br></div><div>c</div>", "p(a / b) p(c)"),
        ("<div>a</div><div>&nbsp;</div><div>c</div>", "p(a) p(c)"),
        ("a<br>b<br><br>c<br>", "p(a / b) p(c)"),
        ("<div>a<br></div><div>b</div>", "p(a / b)"),
        ("<div>a<div>b<p>c</p>d</div></div>e", "p(a / b) p(c) p(d / e)"),
        (" a \n\t b<b> c </b> d ", "p(a_b strong(_c_) d)"),
        ("a.&nbsp; b&nbsp;km", "p(a._b~km)"),
        ("&nbsp;&nbsp;a&nbsp;&nbsp;b&nbsp;", "p(~~a~~b)"),
        ("<dl><dt>t</dt><dd>d</dd></dl>", "p(strong(t)) p(d)"),
        ("שלום <b dir=\"rtl\">مرحبا</b> \u{202e}abc", "p(שלום_ strong(مرحبا) _\u{202e}abc)"),
        ("👩‍💻 🏳️‍🌈 👍🏽", "p(👩‍💻_🏳️‍🌈_👍🏽)"),
        ("a\u{0}b\u{1b}[31mc", "p(ab[31mc)"),
        ("a<hr>b", "p(a) rule p(b)"),
        ("Offers &#847; &zwnj; &nbsp; &#847; &zwnj; <b>&shy;</b> x", "p(Offers_ strong(\u{ad}) _x)"),
        ("می\u{200c}خواهم <i>a</i>&zwnj;<i>b</i>", "p(می\u{200c}خواهم_ em(a) \u{200c} em(b))"),
    ]);
}

#[test]
fn marks() {
    check(&[
        ("<b>b</b><strong>s</strong>", "p(strong(bs))"),
        (
            "<i>i</i> <u>u</u> <s>s</s> <del>d</del> <ins>n</ins>",
            "p(em(i) _ underline(u) _ strike(s) _ strike(d) _ underline(n))",
        ),
        (
            "H<sub>2</sub>O<sup>x</sup> <mark>m</mark> <small>k</small>",
            "p(H sub(2) O sup(x) _ backgroundColor<#ffff00>(m) _k)",
        ),
        ("<b><code>x</code></b> <kbd>y</kbd>", "p(code(x) _ code(y))"),
        ("<b><p>x</p><p>y<i>z</i></p></b>", "p(strong(x)) p(strong(y) strong(em(z)))"),
    ]);
}

#[test]
fn links() {
    check(&[
        (
            "<a href=\"https://a.example/?b=1&amp;c=2\" title=\"t\">x <b>y</b></a>",
            "p(a<https://a.example/?b=1&c=2>(x_) a<https://a.example/?b=1&c=2>(strong(y)))",
        ),
        (
            "<a href=\"mailto:a@b.example\">m</a> <a href=\"tel:+49 1\">t</a>",
            "p(a<mailto:a@b.example>(m) _ a<tel:+49 1>(t))",
        ),
        (
            "<a href=\"/r\">r</a> <a href=\"#h\">h</a> <a href=\"ftp://f.example\">f</a> <a href=\"javascript:x\">j</a>",
            "p(r_h_f_(ftp://f.example)_j)",
        ),
        ("<a href=\"https://a.example\"><code>c</code></a>", "p(a<https://a.example>(code(c)))"),
        (
            "<a data-mention-user-id=\"7\" href=\"https://z.example/#user/profile/7\">@Mia <b>Moe</b></a> hi",
            "p(@<acc-7>(@Mia Moe) _hi)",
        ),
        ("<a data-mention-user-id=\"8\" href=\"https://z.example/8\">@Bob</a>", "p(a<https://z.example/8>(@Bob))"),
    ]);
}

#[test]
fn lists() {
    check(&[
        ("<ul><li>one</li><li>two <i>and</i></li></ul>after", "ul(li(p(one)) li(p(two_ em(and)))) p(after)"),
        ("<ol start=\"3\"><li>b</li></ol><ol><li></li></ol>", "ol3(li(p(b)))"),
        ("<ul><li>a<ol start=\"3\"><li>b</li></ol>\n</li></ul>", "ul(li(p(a) ol3(li(p(b)))))"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "ul(li(p(a) ul(li(p(b)))))"),
        ("<ul><ul><li>b</li></ul></ul>", "ul(li(p() ul(li(p(b)))))"),
        ("<ul><li><p>a</p><p>b</p><pre>c</pre></li></ul>", "ul(li(p(a) p(b) code<>(c)))"),
        (
            "<ul><li><h2>a</h2><blockquote>b</blockquote><hr><table border=1><tr><td>c<td>d<tr><td>e<td>f</table></li></ul>",
            "ul(li(p(strong(a)) p(>_b) p(c_|_d / e_|_f)))",
        ),
        ("<li>alone</li>", "p(alone)"),
    ]);
    let deep = "<ul><li>x".repeat(9) + "y";
    let blocks = adf_of_html(&deep, &());
    assert_eq!(sketch(&blocks).matches("ul(").count(), 6);
    assert_eq!(sketch(&blocks).matches("-_x").count(), 3);
    assert_valid(&document(blocks));
}

#[test]
fn headings_quotes_code() {
    check(&[
        ("<h1>a</h1><h6>b<br>c</h6><h2></h2>", "h1(a) h6(b / c)"),
        ("<h3><div>a</div><ul><li>b</li></ul></h3>", "h3(a / -_b)"),
        ("<blockquote>a<p>b</p><h2>c</h2></blockquote>d", "blockquote(p(a) p(b) p(strong(c))) p(d)"),
        (
            "a<blockquote>b<blockquote>c<blockquote>d</blockquote></blockquote></blockquote>e",
            "p(a) blockquote(p(b) p(>_c) p(>_>_d)) p(e)",
        ),
        ("<ul><li>a<blockquote>&nbsp;&nbsp;b</blockquote></li></ul>", "ul(li(p(a) p(>_b)))"),
        (
            "<blockquote>a<table border=1><tr><td>b<td>c</table>d</blockquote>e",
            "blockquote(p(a)) table(tr(td(p(b)) td(p(c)))) blockquote(p(d)) p(e)",
        ),
        ("<pre>\nx = 1\n  y &lt; <b>2</b>\n\n</pre>", "code<>(x_=_1\n__y_<_2)"),
        ("<pre title=\"rust\"><code>fn</code></pre><pre> \n</pre>", "code<rust>(fn)"),
        ("<pre>a<br>b<div>c</div>d</pre>", "code<>(a\nb\nc\nd)"),
        ("<h1><pre>a b</pre></h1>", "h1(code(a_b))"),
    ]);
}

#[test]
fn tables() {
    check(&[
        (
            "<table border=\"1\">\n<thead><tr><th>h</th></tr></thead>\n<tbody><tr><td colspan=\"2\">c</td></tr></tbody>\n</table>",
            "table(tr(th(p(h))) tr(td<c2>(p(c))))",
        ),
        (
            "<table><tr><td>a</td><td>b</td></tr><tr><td rowspan=\"9\">c</td><td></td></tr></table>",
            "table(tr(td(p(a)) td(p(b))) tr(td(p(c)) td(p())))",
        ),
        ("<table><tr><td>all</td></tr></table>", "p(all)"),
        ("<table><tr><td>a</td></tr><tr><td><p>b</p></td></tr></table>", "p(a) p(b)"),
        ("<table><tr><td>logo</td><td>Mia<br>Boss</td></tr></table>", "p(logo) p(Mia / Boss)"),
        (
            "<table><tr><td>x</td><td><table border=1><tr><td>a</td><td>b</td></tr></table></td></tr><tr><td>y</td></tr></table>",
            "p(x) table(tr(td(p(a)) td(p(b)))) p(y)",
        ),
        (
            "<table border=1><tr><th>h<td><table border=1><tr><td>a<td>b</table></table>",
            "table(tr(th(p(h)) td(p(a_|_b))))",
        ),
        (
            "<table><tr><td style=\"border:solid windowtext 1.0pt\">a</td><td>b</td></tr></table>",
            "table(tr(td(p(a)) td(p(b))))",
        ),
        ("<table border=1><caption>t</caption><td>a</td> <td>b</td></table>", "p(t) table(tr(td(p(a)) td(p(b))))"),
        ("<table border=1><tr><td></td><td> </td></tr></table>", ""),
        (
            "<table border=1><tr><td><h1>a</h1><ul><li>b</li></ul><blockquote>c</blockquote><details><summary>s</summary>d</details></td><td>x</td></tr></table>",
            "table(tr(td(h1(a) ul(li(p(b))) blockquote(p(c)) nestedExpand<s>(p(d))) td(p(x))))",
        ),
        ("<table role=\"presentation\" border=1><tr><td>a<td>b</table>", "p(a_b)"),
    ]);
}

#[test]
fn details() {
    check(&[
        ("<details><summary>more <b>of</b> it</summary><p>a</p></details>", "expand<more of it>(p(a))"),
        (
            "<details>a<details><summary>s</summary>b<details><summary>t</summary>c</details></details></details>",
            "expand<>(p(a) nestedExpand<s>(p(b) p(strong(t)) p(c)))",
        ),
        ("<details></details><details><summary>s</summary></details>", "expand<s>(p())"),
        ("<ul><li><details><summary>s</summary>a</details></li></ul>", "ul(li(p(strong(s)) p(a)))"),
    ]);
    let long = "word ".repeat(100);
    let blocks = adf_of_html(&format!("<details><summary>{long}</summary>x</details>"), &());
    assert!(sketch(&blocks).matches("word").count() > 130, "the whole title stands inside too");
}

#[test]
fn pictures() {
    check(&[
        (
            "<p>x<img src=\"/api/v1/ticket_attachment/1/2/3?view=inline\" alt=\"dot\" style=\"max-width:100%;width:1px;\">y</p>",
            "p(x) mediaSingle(media<m1>(dot)) p(y)",
        ),
        ("<h1><img src=\"/api/v1/ticket_attachment/1/2/3\">t</h1>", "h1(t) mediaSingle(media<m1>())"),
        ("<img src=\"cid:1\" alt=\"a  logo\">text<img src=x>", "p([image:_a_logo]text[image])"),
        ("<img src=\"https://a.example/b.png\" alt=\"b\">", "p(a<https://a.example/b.png>([image:_b]))"),
        ("<a href=\"https://c.example\"><img src=\"cid:1\"></a>", "p(a<https://c.example>([image]))"),
        (
            "<img src=\"cid:1\" alt=\"😀\"> <img src=\"cid:2\" alt=\"\" style=\"max-width:100%;width:1px;height:1px;\">",
            "p(😀)",
        ),
    ]);
    let blocks = adf_of_html("<a href=\"https://c.example\"><img src=\"/api/v1/ticket_attachment/1\"></a>", &Known);
    assert_eq!(blocks[0]["content"][0]["marks"][0]["attrs"]["href"], "https://c.example");
    assert_eq!(blocks[0]["content"][0]["attrs"]["width"], 5);
    assert_valid(&document(blocks));
}

#[test]
fn quoted_ends() {
    check(&[
        (
            "<p>Yes.</p><blockquote type=\"cite\">Does it?<blockquote>a<blockquote>b</blockquote></blockquote></blockquote>",
            "p(Yes.) expand<Quoted text>(p(Does_it?) blockquote(p(a) p(>_b)))",
        ),
        (
            "<div>Yes.<div>On 3 Nov 2026, Mia wrote:<br></div><blockquote>Does it?</blockquote></div>",
            "p(Yes.) expand<Quoted text>(p(On_3_Nov_2026,_Mia_wrote:) p(Does_it?))",
        ),
        (
            "<p>Yes.<br>Am 3.11.26 schrieb <b>Mia</b>:<br></p><blockquote>x</blockquote>",
            "p(Yes.) expand<Quoted text>(p(Am_3.11.26_schrieb_ strong(Mia) :) p(x))",
        ),
        (
            "<p>Yes.</p><hr><p><b>From:</b> Mia<br><b>Sent:</b> Mo<br><b>To:</b> Bob<br><b>Subject:</b> x</p><table border=1><tr><td>a<td>b</table><details><summary>s</summary>y</details>",
            "p(Yes.) expand<Quoted text>(rule p(strong(From:) _Mia / strong(Sent:) _Mo / strong(To:) _Bob / strong(Subject:) _x) table(tr(td(p(a)) td(p(b)))) nestedExpand<s>(p(y)))",
        ),
        ("<div>Hi</div><span class=\"js-signatureMarker\"></span><div>-- <br>Mia</div>", "p(Hi / -- / Mia)"),
        ("<p>Hi</p><div data-signature=\"true\">Mia</div><p>rest</p>", "p(Hi) p(Mia) p(rest)"),
        // Not at the end, or nothing before it.
        ("<p>a</p><blockquote type=\"cite\">q</blockquote><p>b</p>", "p(a) blockquote(p(q)) p(b)"),
        ("<blockquote type=\"cite\">q</blockquote>", "blockquote(p(q))"),
        ("<p>a</p><blockquote>q</blockquote>", "p(a) blockquote(p(q))"),
        (
            "<ul><li>Yes</li><li>On 3 Nov 2026, Mia wrote:</li></ul><blockquote>x</blockquote>",
            "ul(li(p(Yes)) li(p(On_3_Nov_2026,_Mia_wrote:))) blockquote(p(x))",
        ),
    ]);
}
