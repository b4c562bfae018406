"""A small day's work with a client that openapi-python-client made from the contract."""

import os
from io import BytesIO

from prodops_client import AuthenticatedClient, Client
from prodops_client.api.access import login
from prodops_client.api.components import create_component, delete_component, list_components, update_component
from prodops_client.api.exports import export_dataset
from prodops_client.api.imports import create_import
from prodops_client.models import (
    ComponentKind,
    ComponentPatch,
    CreateImportFormat,
    ExportDatasetDataset,
    Login,
    NewComponent,
    Problem,
)
from prodops_client.types import File

URL = os.environ["PRODOPS_URL"]
PRODUCT = "platform"

wrong = login.sync(client=Client(URL), body=Login(email=os.environ["PRODOPS_EMAIL"], password="not the password"))
assert isinstance(wrong, Problem) and wrong.status == 401, wrong
tokens = login.sync(client=Client(URL), body=Login(email=os.environ["PRODOPS_EMAIL"], password=os.environ["PRODOPS_PASSWORD"]))
client = AuthenticatedClient(URL, token=tokens.access_token)

made = create_component.sync_detailed(PRODUCT, client=client, body=NewComponent(name="Python's day", kind=ComponentKind.TOOL))
assert made.status_code == 201 and made.parsed.key == "python-s-day", made
seen = made.headers["ETag"]

patched = update_component.sync_detailed(
    PRODUCT, made.parsed.key, client=client, if_match=seen, body=ComponentPatch(tier=2, owner="ops")
)
assert patched.status_code == 200 and (patched.parsed.tier, patched.parsed.version) == (2, 2), patched
stale = update_component.sync_detailed(PRODUCT, made.parsed.key, client=client, if_match=seen, body=ComponentPatch(tier=3))
assert stale.status_code == 412 and stale.parsed.type_.endswith(":stale"), stale

keys, cursor = [], None
while True:
    page = list_components.sync(PRODUCT, client=client, sort="-key", limit=7, **({"cursor": cursor} if cursor else {}))
    keys += [item.key for item in page.items]
    cursor = page.next_cursor
    if not cursor:
        break
assert keys == sorted(set(keys), reverse=True) and "python-s-day" in keys, keys

costs = b"component,month,category,amount,currency\npython-s-day,2026-09,licence,12.50,EUR\n"
tried = create_import.sync(
    PRODUCT, CreateImportFormat.COSTS, client=client, body=File(payload=BytesIO(costs)), dry_run=True
)
assert (tried.dry_run, tried.created) == (True, 1), tried

dataset = export_dataset.sync_detailed(PRODUCT, ExportDatasetDataset.COMPONENTS, client=client)
assert dataset.status_code == 200 and b"python-s-day" in dataset.content, dataset.status_code

gone = delete_component.sync_detailed(PRODUCT, made.parsed.key, client=client, if_match=patched.headers["ETag"])
assert gone.status_code == 204, gone
print(f"a day's work with a client of openapi-python-client: {len(keys)} components seen")
