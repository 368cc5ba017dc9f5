//! HTML to Jira's document format and back, in bytes of HTML a second: `cargo bench -p markup`. Typical is the tests' corpus
//! of mails; the rest is made to be as slow as anything can be.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use markup::{adf_of_html, adf_of_text, document, html_of_adf, split};

const MEGABYTE: usize = 1_000_000;

fn repeated(piece: &str) -> String {
    piece.repeat(MEGABYTE.div_ceil(piece.len()))
}

fn corpus() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn markup(criterion: &mut Criterion) {
    let mails = corpus();
    let cases = [
        ("mails", mails.clone()),
        ("1 MB of mails", repeated(&mails)),
        ("1 MB of words", repeated("<p>Some words and a <b>few</b> more of them, as people write.</p>")),
        ("deep", repeated("<div>") + &repeated("</div>")),
        ("deep lists", repeated("<ol><li>x")),
        ("<", repeated("<")),
        ("tiny paragraphs", repeated("<p>x")),
        ("giant table", format!("<table border=1>{}</table>", repeated("<tr><td>a</td><td>b</td></tr>"))),
        ("formatting left open", (0..50_000).map(|number| format!("<p><b a={number}>x")).collect()),
    ];
    let mut group = criterion.benchmark_group("markup");
    group.sample_size(10);
    for (name, html) in &cases {
        group.throughput(Throughput::Bytes(html.len() as u64));
        group.bench_with_input(BenchmarkId::new("adf of html", name), html, |b, html| {
            b.iter(|| adf_of_html(black_box(html), &()));
        });
        let blocks = adf_of_html(html, &());
        group.bench_with_input(BenchmarkId::new("split", name), &blocks, |b, blocks| {
            let head = |part: usize, of: usize| adf_of_text(&format!("{part} of {of}")).remove(0);
            b.iter_batched(|| blocks.clone(), |blocks| split(head, blocks, 32_767), criterion::BatchSize::LargeInput);
        });
        let doc = document(blocks);
        group.bench_with_input(BenchmarkId::new("html of adf", name), &doc, |b, doc| {
            b.iter(|| html_of_adf(black_box(doc), &|_| None));
        });
    }
    group.finish();
}

criterion_group!(benches, markup);
criterion_main!(benches);
