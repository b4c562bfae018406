"""What schemathesis is told beside the contract: where to look, and which refusals of valid requests are right.

A schema cannot say that a component exists, that a window ends after it begins or that a month is still open. So a
request as the schema allows it may be refused; but only with a reason of the lists below, at a place that has one.
Any other refusal of valid data is a failure, and so is one that names no place.
"""

import json
import os
import random
import urllib.parse
import urllib.request
from datetime import date, datetime, timezone

import schemathesis
from hypothesis import strategies as st

URL = os.environ["PRODOPS_URL"]
API = f"{URL}/api/v1/products/platform"

# Reasons (a fault's `code`) that no schema can give.
STATE = {
    "unknown_reference", "slo", "unknown",  # what it names is not there
    # One value beside another, or beside what the row or the product says.
    "after_start", "before_detection", "before_start", "itself", "not_aligned", "not_a_divisor", "not_allowed",
    "not_first_of_month", "not_shipped", "not_suited", "one_of", "other_component", "other_currency", "other_kind",
    "contradicts_target", "prefix", "repeated", "same_as_baseline", "same_currency", "sum", "twice",
    "exists", "in_future", "no_answer", "not_dropped", "out_of_range",
    "ambiguous", "midnight", "not_in_team", "owners_only", "range", "too_early", "unknown_timezone",
    "unknown_column", "sort",  # lists within a text
    # What a mapping says of the columns of its format.
    "another_format", "date_form", "missing_column", "no_words", "template", "with_constant", "without_from",
    "without_values",
    "reused",  # an Idempotency-Key
    "cursor",  # it must be one of ours
    "header",  # If-Match beside If-None-Match
}
# The same, where the code is also that of a rule that schemas do say: the beginning of the detail.
BESIDE = {
    "required": (
        "timeslices need to know", "an amount has a day", "a product has a first owner", "the name makes no key",
        "say why there is another revision", "a claim is about", "what they become in the product",
        "where they become that", "turns are taken by people",
    ),
    "not_one_of": ("this is not one of",),  # the words of a column that a mapping makes
    "too_long": ("at most 120 months",),
    "too_large": ("no more good events than events",),
    "too_small": ("not negative",),  # money is one schema, whether or not its sign matters
}
# What a type says that a schema cannot: the beginning of the detail.
SAID_BY_TYPE = (
    "at most 12 digits before the point",
    "between -9,000,000 and 9,000,000",
    "at most 15 digits",
    "an amount has at most",
    "a key is words",  # a key is not shaped like a UUID
    "a rate is greater than zero",
)


def lookup(path, token):
    request = urllib.request.Request(f"{API}/{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def known_names():
    """Names of rows that exist, by the parameter of the path that names them."""
    login = json.dumps({"email": os.environ["PRODOPS_EDITOR"], "password": os.environ["PRODOPS_EDITOR_PASSWORD"]})
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{URL}/api/v1/auth/login", login.encode(), headers)
    with urllib.request.urlopen(request) as answer:
        token = json.load(answer)["access_token"]
    with open(os.environ["PRODOPS_CONTRACT"]) as file:
        paths = json.load(file)["paths"]
    names = {"product": ["platform"]}
    prefix = "/api/v1/products/{product}/"
    for path in paths:
        rest = path.removeprefix(prefix)
        listed = rest.rsplit("/{", 1)
        if rest == path or len(listed) != 2 or "{" in listed[0] or "." in listed[1] or prefix + listed[0] not in paths:
            continue
        if "get" not in paths[prefix + listed[0]]:
            continue
        items = lookup(f"{listed[0]}?limit=50" if listed[0] != "exports" else "exports", token)["items"]
        found = [item.get("key") or item.get("week") or item.get("id") for item in items]
        names[listed[1].rstrip("}")] = [name for name in found if name] or ["nothing"]
    return names


NAMES = known_names()
# Properties and filters that name a component.
OF_COMPONENT = {"component", "depends_on", "components"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Most requests ask for what is there, in the version that it has at first; a few are left as they are."""
    meta = case.meta
    if case.path.endswith("/me/password") and isinstance(case.body, dict):
        case.body = with_own_password(case.body)
    if meta is None or meta.phase.name.value == "stateful":
        return
    chance = random.Random(case.id)
    negative = {parameter for parameter, _ in negated(meta)}
    for name in list(case.path_parameters or {}):
        known = NAMES.get(name)
        if known and name not in negative and chance.random() < (1 if name == "product" else 0.8):
            case.path_parameters[name] = chance.choice(known)
    headers = case.headers or {}
    for name in list(headers):
        if name.lower() == "if-match" and name not in negative and chance.random() < 0.7:
            headers[name] = '"1"'
    if isinstance(case.body, (dict, list)) and not any(where.value == "body" for _, where in negated(meta)):
        if all(part.mode.is_positive for part in meta.components.values()) and chance.random() < 0.8:
            case.body = with_components(case.body, chance)


def negated(meta):
    from schemathesis.generation.meta import negated_parameters

    return list(negated_parameters(meta))


def with_own_password(body):
    """Whoever tries too many passwords is locked out, and so is who changes it and forgets: it stays what it is."""
    own = os.environ.get("PRODOPS_PASSWORD", "")
    made = dict(body)
    if isinstance(body.get("current_password"), str) and len(body["current_password"]) <= 200:
        made["current_password"] = own
    if isinstance(body.get("new_password"), str) and 12 <= len(body["new_password"]) <= 200:
        made["new_password"] = own
    return made


def with_components(value, chance):
    if isinstance(value, list):
        return [with_components(item, chance) for item in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, inner in value.items():
        if name in OF_COMPONENT and isinstance(inner, str):
            made[name] = chance.choice(NAMES["component"])
        elif name in OF_COMPONENT and isinstance(inner, list) and inner:
            made[name] = chance.sample(NAMES["component"], min(len(inner), 2))
        else:
            made[name] = with_components(inner, chance)
    return made


@schemathesis.hook
def filter_query(context, query):
    """No longer than what is still read as a request (docs/API.md)."""
    return len(urllib.parse.urlencode(query or {})) < 60_000


# The years that the product can speak of.
schemathesis.openapi.format("date", st.dates(date(1970, 1, 1), date(2999, 12, 31)).map(str))
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30), timezones=st.just(timezone.utc)).map(
        lambda at: at.isoformat().replace("+00:00", "Z")
    ),
)


@schemathesis.deserializer("application/yaml", "application/x-yaml", "text/x-yaml", "text/yaml", "text/vnd.yaml")
def yaml_as_text(context, response):
    """The contract calls it a text: it may hold several documents."""
    return response.text


@schemathesis.check
def refusals_of_valid_data_have_a_reason(ctx, response, case):
    """A refusal of what the schema allows names a place, and a reason that no schema could give."""
    if response.status_code == 415 and case.meta is not None and case.meta.generation.mode.is_positive:
        # Which of the types a file may have depends on the format that the path names.
        assert case.path.endswith("/imports/{format}"), "a type of the contract is refused"
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    problem = response.json()
    faults = problem.get("errors", [])
    assert faults, "a refusal that names no place"
    for fault in faults:
        assert has_reason(fault, case.method), f"refused although the schema allows it: {fault}"


def has_reason(fault, method):
    detail = fault["detail"]
    if "line" in fault:
        return True  # what a file holds is described in docs/IMPORTS.md
    if fault["code"] in STATE or detail.startswith(BESIDE.get(fault["code"], ())):
        return True
    if fault["code"] == "required" and detail.endswith(" needs this"):
        return True  # a claim's method says what it takes
    if fault["code"] in ("required", "unknown_property") and method == "PATCH" and fault["pointer"].count("/") > 1:
        return True  # a part of an object that is not there, or is of another kind
    if fault["code"] == "value" and (detail.startswith(SAID_BY_TYPE) or "no week 53" in detail):
        return True
    if fault["code"] in ("value", "format") and "is not a" in detail:
        return True  # a day, a time or a week that no calendar has
    return fault.get("parameter") in ("from", "to", "window", "on") and fault["code"] == "parameter"


@schemathesis.check
def refusals_are_ours(ctx, response, case):
    """Every refusal is a problem that can be found in the log, and tells nothing of the inside."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    said = response.headers.get("content-type", ["nothing"])[0]
    assert said.startswith("application/problem+json"), f"not a problem document but {said}: {case.as_curl_command()}"
    text = response.text
    for inner in ("SELECT ", "diesel", "panicked", ".rs:", "sqlite", "postgres"):
        assert inner not in text, f"something internal leaves the server: {inner}"
