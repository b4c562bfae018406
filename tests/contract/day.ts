// A small day's work with a client that openapi-typescript made from the contract, and openapi-fetch.

import createClient from "openapi-fetch";
import type { components, paths } from "./prodops.js";

declare const process: { env: Record<string, string> };

function check(holds: boolean, what: unknown): asserts holds {
    if (!holds) throw new Error(`not as expected: ${JSON.stringify(what)}`);
}

const client = createClient<paths>({ baseUrl: process.env.PRODOPS_URL });
const login = { email: process.env.PRODOPS_EMAIL, password: process.env.PRODOPS_PASSWORD };

const wrong = await client.POST("/api/v1/auth/login", { body: { ...login, password: "not the password" } });
check(wrong.error?.status === 401, wrong.error);
const { data: tokens } = await client.POST("/api/v1/auth/login", { body: login });
check(tokens !== undefined, tokens);
client.use({
    onRequest({ request }) {
        request.headers.set("Authorization", `Bearer ${tokens.access_token}`);
        return request;
    },
});

const product = "platform";
const made = await client.POST("/api/v1/products/{product}/components", {
    params: { path: { product } },
    body: { name: "TypeScript's day", kind: "tool" },
});
const component: components["schemas"]["Component"] | undefined = made.data;
check(component?.key === "typescript-s-day", made.error);
const seen = made.response.headers.get("ETag") ?? "";
const path = { product, component: component.key };

const patched = await client.PATCH("/api/v1/products/{product}/components/{component}", {
    params: { path, header: { "If-Match": seen } },
    body: { tier: 2, owner: "ops" },
});
check(patched.data?.tier === 2 && patched.data.version === 2, patched.error);
const stale = await client.PATCH("/api/v1/products/{product}/components/{component}", {
    params: { path, header: { "If-Match": seen } },
    body: { tier: 3 },
});
check(stale.error?.status === 412, stale);

const keys: string[] = [];
for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await client.GET("/api/v1/products/{product}/components", {
        params: { path: { product }, query: { sort: "-key", limit: 7, ...(cursor ? { cursor } : {}) } },
    });
    check(page.data !== undefined, page.error);
    keys.push(...page.data.items.map((item) => item.key));
    cursor = page.data.next_cursor;
}
check(keys.includes("typescript-s-day") && new Set(keys).size === keys.length, keys);

const tried = await client.POST("/api/v1/products/{product}/imports/{format}", {
    params: { path: { product, format: "costs" }, query: { dry_run: true } },
    body: "component,month,category,amount,currency\ntypescript-s-day,2026-09,licence,12.50,EUR\n",
    bodySerializer: (body) => body,
    headers: { "Content-Type": "text/csv" },
});
check(tried.data?.dry_run === true && tried.data.created === 1, tried.error);

const dataset = await client.GET("/api/v1/products/{product}/exports/{dataset}.csv", {
    params: { path: { product, dataset: "components" } },
    parseAs: "text",
});
check(dataset.data?.includes("typescript-s-day") === true, dataset.error);

const gone = await client.DELETE("/api/v1/products/{product}/components/{component}", {
    params: { path, header: { "If-Match": patched.response.headers.get("ETag") ?? "" } },
});
check(gone.response.status === 204, gone.error);
console.log(`a day's work with a client of openapi-typescript: ${keys.length} components seen`);
