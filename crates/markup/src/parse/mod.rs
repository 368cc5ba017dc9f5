//! Parses HTML to a tree of bounded depth. The tokeniser is html5ever's. The tree is built here: by the rules of the HTML
//! standard, hostile input could make it grow with the square of the input, because they open formatting elements again in
//! every paragraph and limit no nesting. Most of these rules are not needed, as Zammad's sanitiser has closed every tag.

mod build;
mod crowd;
mod spaces;
mod style;
pub(crate) mod tags;
mod tree;

pub(crate) use crowd::{is_crowded, without_tags};
pub(crate) use tree::{Element, Id, Node, Tree};

impl Tree {
    /// Parses HTML. Time and memory grow linearly with its length if it is not [`is_crowded`].
    pub(crate) fn parse(html: &str) -> Self {
        let mut tree = build::tree(html);
        spaces::rewrite(&mut tree);
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as text: `p(x b(y))`.
    fn shape(html: &str) -> String {
        fn put(tree: &Tree, id: Id, out: &mut Vec<String>) {
            match tree.node(id) {
                Node::Text(text) => out.push(text.clone()),
                Node::Break => out.push("|".into()),
                Node::Element(element) => {
                    let mut inner = Vec::new();
                    element.children.iter().for_each(|child| put(tree, *child, &mut inner));
                    out.push(format!("{}({})", element.name, inner.join(" ")));
                }
            }
        }
        let (tree, mut out) = (Tree::parse(html), Vec::new());
        tree.children(Tree::BODY).iter().for_each(|child| put(&tree, *child, &mut out));
        out.join(" ")
    }

    #[test]
    fn what_is_left_open_is_closed() {
        let cases = [
            ("<p>a<p>b", "p(a) p(b)"),
            ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "ul(li(a) li(b ul(li(c)))) d"),
            ("<table><tr><td>a<td>b<tr><td>c</table>d", "table(tr(td(a) td(b)) tr(td(c))) d"),
            ("<dl><dt>a<dd>b<dt>c</dl>", "dl(dt(a) dd(b) dt(c))"),
            ("<p>a<table><tr><td><p>b</table>c", "p(a) table(tr(td(p(b)))) c"),
            ("<b>a<i>b</b>c</i>d", "b(a i(b)) i(c) d"),
            ("<a>x<a>y", "a(x) a(y)"),
            ("<div>a</p></span></div>b", "div(a) b"),
            ("<table><tr><td></div>a</td></tr></table>", "table(tr(td(a)))"),
            ("a</br>b<br/>c", "a br() b br() c"),
            ("<html><head><title>t</title></head><body>x", "x"),
            ("a<script>if (a < b) { x('<b>') }</script>b<style>p { }</style>c", "abc"),
            ("<pre>\n\nx</pre>", "pre(\nx)"),
            ("a &lt; b &amp; c&nbsp;&eacute; <!-- no --> < 5", "a < b & c\u{a0}é  < 5"),
            ("a\u{0}b\u{7}c\u{feff}d\u{85}e\tf", "abcde\tf"),
        ];
        for (html, want) in cases {
            assert_eq!(shape(html), want, "{html}");
        }
    }

    #[test]
    fn too_deep_is_flat() {
        let tree = Tree::parse(&("<div><b>".repeat(50_000) + "x" + &"</b></div>".repeat(50_000) + "<p>y</p>"));
        assert_eq!(tree.children(Tree::BODY).len(), 2, "what follows stands at its own level again");
    }
}
