/**
 * Credentials: what a request shows to prove who sends it.
 *
 * Two forms, exactly one of them: `Authorization: Bearer <token>` and `X-API-Key: <token>`. Two headers of
 * one name arrive joined by a comma, which no token contains, so they are refused as malformed. Nothing is
 * read from the URL, from cookies or from bodies: those end up in logs, or are sent without being asked for.
 *
 * Invariant: H1. What a refusal says never repeats what was shown.
 * Source: RFC 6750 §2.1, RFC 9110 §11.2 (token68).
 * @module
 */

/** What was shown. */
export type Credentials =
  | { readonly kind: "none" }
  /** `why` is for people (H1). */
  | { readonly kind: "malformed"; readonly why: string }
  /** `bearer`: it may be a JWT as well as a key. */
  | { readonly kind: "token"; readonly token: string; readonly bearer: boolean };

/** Characters of a token: RS256 tokens with many claims take some thousand. */
export const TOKEN_CHARS_MAX = 8_192;

const BEARER = /^bearer ([A-Za-z0-9._~+/-]+={0,2})$/i;
const TOKEN = /^[A-Za-z0-9._~+/-]+={0,2}$/;
const NONE: Credentials = { kind: "none" };

/** Reads them (H1). */
export function readCredentials(headers: Headers): Credentials {
  const authorization = headers.get("authorization");
  const key = headers.get("x-api-key");
  if (authorization === null && key === null) return NONE;
  if (authorization !== null && key !== null) {
    return malformed("send either Authorization or X-API-Key, not both");
  }
  const shown = authorization ?? key ?? "";
  if (shown.length > TOKEN_CHARS_MAX) {
    return malformed(`a token has at most ${TOKEN_CHARS_MAX} characters`);
  }
  if (authorization === null) {
    return TOKEN.test(shown)
      ? { kind: "token", token: shown, bearer: false }
      : malformed("X-API-Key must hold one key and nothing else");
  }
  const token = BEARER.exec(shown)?.[1];
  return token === undefined
    ? malformed("Authorization must be one Bearer token and nothing else")
    : { kind: "token", token, bearer: true };
}

function malformed(why: string): Credentials {
  return { kind: "malformed", why };
}
