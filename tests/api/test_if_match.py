# SPDX-License-Identifier: MIT
"""If-Match: who has read an older row changes nothing."""
import threading

import pytest

from servers import GUEST
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import REPRESENTATION, done, refused


def tag(w, target="/users/1"):
    return w.get(target).headers["etag"]


def test_if_match_of_what_is_there(w):
    done(w.patch("/users/1", {"username": "root"}, If_Match=tag(w)), 204)
    done(w.put("/users/1", {"username": "boss", "email": "b@x"}, If_Match=tag(w)), 204)
    done(w.delete("/users/1", If_Match=tag(w)), 204)
    assert w.json("/users") == [GUEST]


@pytest.mark.parametrize("form", ["W/{}", '"other", {}', '{}, "other"', '"other" , W/{} ,"x"', "*"])
def test_if_match_in_every_form(w, form):
    done(w.patch("/users/1", {"username": "root"}, If_Match=form.format(tag(w))), 204)
    assert w.json("/users/1")["username"] == "root"


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_if_match_of_what_has_changed_is_412(w, method):
    old = tag(w)
    w.schema.sql("UPDATE users SET email = 'other@x' WHERE id = 1")
    body = {"username": "mine", "email": "mine@x"} if method != "DELETE" else None
    refused(w.send(method, "/users/1", body, If_Match=old), 412, "40001")
    refused(w.send(method, "/users/1", body, If_Match=f'"x", W/{old}', prefer=REPRESENTATION), 412, "40001")
    assert w.rows("SELECT * FROM users WHERE id = 1") == [(1, "admin", "other@x")]


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("sent", ["*", '"00000000000000000000000000000000"'])
def test_if_match_of_what_is_not_there_is_412(unchanged, method, sent):
    body = {"username": "x", "email": "y"} if method != "DELETE" else None
    refused(unchanged.send(method, "/users/99", body, If_Match=sent), 412)


@pytest.mark.parametrize("target", ["/users?id=eq.1", "/users"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT", "POST"])
def test_if_match_on_a_list_is_400(unchanged, method, target):
    if (method, target) == ("POST", "/users?id=eq.1"):
        target = "/users?select=id"
    response = unchanged.send(method, target, {"id": 1, "username": "x", "email": "y"}, If_Match=tag(unchanged))
    assert response.status == 400 or (method, target, response.status) == ("PUT", "/users", 405), response


def test_a_tag_is_over_hidden_nothing_and_all_that_is_seen(w):
    old = tag(w, "/secrets/1")
    done(w.patch("/secrets/1?select=id", {"shown": "uno"}, If_Match=tag(w, "/secrets/1?select=id")), 204)
    refused(w.patch("/secrets/1", {"shown": "due"}, If_Match=old), 412, "40001")


def test_of_many_who_have_the_same_tag_one_wins(w):
    for turn in range(5):
        old, statuses = tag(w, "/checked/1"), []
        go = threading.Barrier(12)

        def client(number):
            go.wait()
            statuses.append(w.patch("/checked/1", {"n": number % 10}, If_Match=old).status)

        w.schema.sql(f"UPDATE checked SET n = 10 - {turn} % 2 WHERE id = 1")
        old = tag(w, "/checked/1")
        threads = [threading.Thread(target=client, args=(number % 8,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [204] + [412] * 11, statuses
