// A real issuer (npm oidc-provider) on loopback: two clients, a resource of ours, and people with one address each.
//
//   node issuer.mjs PORT CALLBACK
//
// Its keys are what KEYS names (a file with a JWK set), so that a test can rotate them between two starts. Every person
// signs in by name; the password does not matter. Says "ready" when it answers.
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const [port, callback] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const resource = "https://prodops.example.com/api";

// What the company knows of its people; by name.
const people = {
  lead: { email: "lead@example.com", email_verified: true, groups: ["ops", "everyone"] },
  board: { email: "Board@Example.com", email_verified: true, groups: ["board"] },
  unverified: { email: "lead@example.com", email_verified: false, groups: ["ops"] },
  stranger: { email: "stranger@example.com", email_verified: true, groups: ["ops"] },
};

const provider = new Provider(issuer, {
  jwks: JSON.parse(readFileSync(process.env.KEYS, "utf8")),
  clients: [
    {
      client_id: "prodops",
      client_secret: "between us: a+b/c=",
      redirect_uris: [callback],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
    {
      client_id: "tool",
      token_endpoint_auth_method: "none",
      application_type: "native",
      redirect_uris: ["http://127.0.0.1:1/tool"],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  pkce: { required: () => true },
  cookies: { keys: ["only for this test"] },
  // With these the ID token has the claims itself, as Keycloak's and Entra's have.
  conformIdTokenClaims: false,
  claims: { openid: ["sub"], email: ["email", "email_verified", "groups"] },
  ttl: { AccessToken: 3600, IdToken: 3600, AuthorizationCode: 60, Interaction: 600, Session: 3600, Grant: 3600 },
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, indicator) => ({
        scope: "openid email",
        audience: indicator,
        accessTokenFormat: "jwt",
        accessTokenTTL: 3600,
        jwt: { sign: { alg: indicator === resource ? "ES256" : "RS256" } },
      }),
    },
  },
  extraTokenClaims: (_, token) => people[token.accountId],
  findAccount: (_, id) => (people[id] ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined),
});

provider.on("server_error", (_, error) => console.error(error));
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
