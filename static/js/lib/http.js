// Talks to the API: JSON in, JSON out; a refusal is an error that says what a person should read.

export class Refusal extends Error {
  /** What the server refused: a code for scripts, a sentence for people, and which fields were wrong. */
  constructor(status, { code = "unknown", message = "操作未被接受", fields = {} } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

export function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch {
    throw new Refusal(0, { code: "no_connection", message: "连接不上服务器，请检查网络" });
  }
  if (response.status === 401) {
    location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    throw new Refusal(401, { code: "not_signed_in", message: "请先登录" });
  }
  const body = response.headers.get("content-type")?.includes("json") ? await response.json() : null;
  if (!response.ok) throw new Refusal(response.status, body ?? {});
  return body;
}

export function getJson(url, { signal } = {}) {
  return ask(url, { headers: { Accept: "application/json" }, signal });
}

export function postJson(url, body = {}, { signal } = {}) {
  return ask(url, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
    signal,
  });
}
