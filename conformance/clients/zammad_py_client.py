#!/usr/bin/env python3
"""The public client zammad_py against a Zammad (or a simulator): everything it reads and writes, but knowledge bases.

Usage: zammad_py_client.py URL ADMIN_LOGIN ADMIN_PASSWORD. Throw-away database only. Prints how many of its methods were
called; ends with 1 at the first surprise.
"""
import base64
import sys
from contextlib import suppress

from requests.exceptions import HTTPError
from zammad_py import ZammadAPI
from zammad_py.api import Object

CALLED = set()


def call(resource, method, *args, **more):
    """Calls a method and remembers that it was."""
    CALLED.add(f"{type(resource).__name__}.{method}")
    return getattr(resource, method)(*args, **more)


def expect(truth, what):
    """Ends the run at a surprise."""
    if not truth:
        sys.exit(f"zammad_py: {what}")


def refused(resource, method, *args):
    """A call that the server must refuse."""
    with suppress(HTTPError):
        call(resource, method, *args)
        sys.exit(f"zammad_py: {type(resource).__name__}.{method}{args} was not refused")


def life(resource, made, change):
    """Create, find, list, search, update and delete one object."""
    created = call(resource, "create", made)
    found = call(resource, "find", created["id"])
    expect(all(found[key] == made[key] for key in made if key in found), f"{made} was stored as {found}")
    listed = list(call(resource, "all", filters={"per_page": 100}))
    expect(any(item["id"] == created["id"] for item in listed), f"{made} is not in its list")
    text = str(made.get("name") or made.get("email"))
    searched = list(call(resource, "search", text))
    expect(any(item["id"] == created["id"] for item in searched), f"{text!r} is not found")
    updated = call(resource, "update", created["id"], change)
    expect(all(updated[key] == change[key] for key in change), f"{change} became {updated}")
    call(resource, "destroy", created["id"])
    refused(resource, "find", created["id"])


def configuration(api):
    """What administrators keep."""
    life(api.group, {"name": "zammad_py", "note": "n"}, {"note": "changed"})
    life(api.role, {"name": "zammad_py", "permissions": ["ticket.customer"]}, {"note": "changed"})
    life(api.organization, {"name": "zammad_py", "note": "n"}, {"note": "changed", "shared": False})
    life(api.ticket_state, {"name": "zammad_py", "state_type_id": 2}, {"note": "changed"})
    life(api.ticket_priority, {"name": "zammad_py"}, {"note": "changed"})
    life(api.user, {"firstname": "Zammad", "lastname": "Py", "email": "zammad-py@client.invalid"}, {"phone": "1"})
    attribute = {"object": "Ticket", "name": "zammad_py", "display": "d", "data_type": "input", "active": True,
                 "data_option": {"type": "text", "maxlength": 20, "default": "", "null": True}, "screens": {}}
    objects = Object(connection=api)
    made = call(objects, "create", attribute)
    expect(call(objects, "find", made["id"])["to_create"], "an attribute does not wait for its migration")
    expect(call(objects, "update", made["id"], {**attribute, "display": "e"})["display"] == "e", "not updated")
    expect(any(row["id"] == made["id"] for row in call(objects, "all")), "an attribute is not listed")
    call(objects, "destroy", made["id"])


def pages(api, group, customer):
    """Turning pages, there and back."""
    made = [call(api.ticket, "create", {"title": f"page {number}", "group_id": group, "customer_id": customer,
                                        "article": {"body": "without one, no search finds it"}}) for number in range(5)]
    first = call(api.ticket, "all", filters={"per_page": 2})
    expect(len(first) == 2 and not first.is_last_page(), "the first page is not full")
    second = first.next_page()
    expect(second[0]["id"] > first[1]["id"], "the second page is not behind the first")
    expect(second.prev_page()[0]["id"] == first[0]["id"], "there is no way back")
    expect(list(call(api.ticket, "search", "page 3"))[:1] != [], "a title is not found")
    return made


def tickets(api, group, customer):
    """Tickets with articles, files, tags and links."""
    made = pages(api, group, customer)
    data = base64.b64encode(b"\x00hello\xff").decode()
    ticket = call(api.ticket, "create", {
        "title": "first", "group_id": group, "customer_id": customer,
        "article": {"body": "b", "attachments": [{"filename": "a.bin", "mime-type": "application/x-bin", "data": data}]}})
    ident = ticket["id"]
    expect(call(api.ticket, "update", ident, {"title": "second"})["title"] == "second", "a title did not change")
    article = call(api.ticket_article, "create", {"ticket_id": ident, "body": "<b>x</b>", "content_type": "text/html"})
    expect(call(api.ticket_article, "update", article["id"], {"internal": True})["internal"], "an article stayed public")
    articles = call(api.ticket, "articles", ident)
    expect([item["body"] for item in articles] == ["b", "<b>x</b>"], f"articles are {articles}")
    file = articles[0]["attachments"][0]
    downloaded = call(api.ticket_article_attachment, "download", file["id"], articles[0]["id"], ident)
    expect(downloaded == b"\x00hello\xff", f"a file came back as {downloaded!r}")
    expect(call(api.ticket_article_plain, "find", article["id"]) == b"", "a note was a mail")
    expect(call(api.ticket_article, "find", article["id"])["ticket_id"] == ident, "an article is of another ticket")
    expect(len(call(api.ticket_article, "all", filters={"per_page": 5})) > 0, "there are no articles")
    call(api.ticket_article, "destroy", article["id"])
    tags(api, ident)
    links(api, ticket, made)
    expect(call(api.ticket, "find", ident)["title"] == "second", "a title came back")
    for number in (ident, *(other["id"] for other in made)):
        call(api.ticket, "destroy", number)
    refused(api.ticket, "find", ident)


def tags(api, ident):
    """Tags of a ticket, and the list of all."""
    call(api.ticket_tag, "add", ident, "zammad-py")
    expect(call(api.ticket, "tags", ident) == {"tags": ["zammad-py"]}, "a tag is missing")
    tag = next(item for item in call(api.taglist, "all", filters={"per_page": 500}) if item["name"] == "zammad-py")
    call(api.taglist, "update", tag["id"], {"name": "zammad-py-2"})
    expect(call(api.ticket, "tags", ident) == {"tags": ["zammad-py-2"]}, "a tag was not renamed")
    call(api.ticket_tag, "remove", ident, "zammad-py-2")
    expect(call(api.ticket, "tags", ident) == {"tags": []}, "a tag stayed")
    call(api.taglist, "destroy", tag["id"])
    call(api.taglist, "create", {"name": "zammad-py-3"})


def links(api, ticket, made):
    """Links and a merge. The client names the source of a link to remove by a key that servers do not look at."""
    call(api.link, "add", ticket["id"], made[0]["number"], "parent")
    linked = call(api.link, "get", ticket["id"])["links"]
    expect([link["link_object_value"] for link in linked] == [made[0]["id"]], f"links are {linked}")
    call(api.link, "remove", ticket["id"], made[0]["number"], "parent")
    merged = call(api.ticket, "merge", made[1]["id"], ticket["number"])
    expect(merged["result"] == "success", f"merging said {merged}")


def credentials(api, url):
    """A token instead of a password, and acting for somebody else."""
    made = api.session.post(f"{url}/api/v1/user_access_token", json={"name": "py", "permission": ["admin", "ticket.agent"]})
    by_token = ZammadAPI(url=f"{url}/api/v1/", http_token=made.json()["token"], on_behalf_of="nicole.braun@zammad.org")
    expect(call(by_token.user, "me")["login"] == "nicole.braun@zammad.org", "nobody else acted")
    own = call(api.user, "me")
    with by_token.request_on_behalf_of(own["login"]):
        expect(call(by_token.user, "me")["id"] == own["id"], "acting for oneself failed")
    wrong = ZammadAPI(url=f"{url}/api/v1/", oauth2_token="nonsense")
    refused(wrong.user, "me")


def main(url, login, password):
    """Play it all."""
    api = ZammadAPI(url=f"{url}/api/v1/", username=login, password=password)
    customer = call(api.user, "search", "nicole")[0]["id"]
    configuration(api)
    tickets(api, 1, customer)
    credentials(api, url)
    print(f"zammad_py: {len(CALLED)} of its methods, all as expected")


if __name__ == "__main__":
    main(*sys.argv[1:])
