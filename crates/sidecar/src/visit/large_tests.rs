//! Tickets of which not everything is kept in memory.

use super::articles::tests::{kinds, linked, mirrored, sent, visit};
use crate::support::{Setup, article};

/// Of a ticket that has more new text than one visit may keep in memory, each visit sends some articles, in their order.
#[tokio::test]
async fn many_large_articles_are_sent_by_several_visits() {
    let setup = linked(Setup::new().await).await;
    for id in 10..20 {
        setup.helpdesk.add_article(article(id, 7, &format!("<p>{id} {}</p>", "word ".repeat(50_000))));
    }
    let mut order = Vec::new();
    for round in 0.. {
        let completion = visit(&setup).await;
        let size: usize = completion.messages.iter().map(|message| message.body.len()).sum();
        assert!(size < 4 * 1024 * 1024, "{size} bytes");
        order.extend(sent(&completion).iter().map(|(_, data)| data["articleId"].as_u64().unwrap()));
        assert!(round < 10, "every visit sends something");
        if completion.effects.rechecks.is_empty() {
            break;
        }
    }
    assert!(order.is_sorted(), "{order:?}");
    order.dedup();
    assert_eq!(order, (10..20).collect::<Vec<_>>());
    let last = setup.visitor().visit(7).await.unwrap();
    assert_eq!(kinds(&last), Vec::<String>::new(), "all versions are recorded as they are");
}

/// A change of an article whose text was not kept is sent with the text.
#[tokio::test]
async fn an_edited_article_is_sent_whole() {
    let setup = linked(Setup::new().await).await;
    setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
    visit(&setup).await;
    mirrored(&setup, 10).await;
    setup.helpdesk.contents().articles[0]["body"] = "<p>Hello again</p>".into();
    let changed = sent(&visit(&setup).await);
    assert_eq!(changed[0].0, "article.changed");
    assert!(changed[0].1["document"].to_string().contains("Hello again"));
}
