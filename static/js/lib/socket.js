// A websocket that comes back by itself and says when it is stale.
// The server speaks at least every 20 s (an "alive" message); silence past STALE_MS means nobody is there.

const STALE_MS = 45_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SIGNED_OUT = 4401;
const NOT_ALLOWED = 4403;

/**
 * Opens `path` and keeps it open. `onMessage(object | ArrayBuffer)` gets what comes, JSON already read;
 * `onState("connecting" | "live" | "stale" | "lost" | "closed")` says how it stands;
 * `onOpen(again)` is called at each connection, with true when it is not the first: draw afresh then.
 * Returns `{send(object), close()}`.
 */
export function openSocket(path, { onMessage, onState = () => {}, onOpen = () => {} }) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  let socket = null;
  let attempts = 0;
  let opened = false;
  let finished = false;
  let watch = 0;
  let retry = 0;

  function heard() {
    clearTimeout(watch);
    onState("live");
    watch = setTimeout(() => {
      onState("stale");
      socket?.close();
    }, STALE_MS);
  }

  function connect() {
    if (finished) return;
    onState(opened ? "lost" : "connecting");
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      attempts = 0;
      heard();
      onOpen(opened);
      opened = true;
    });
    socket.addEventListener("message", (event) => {
      heard();
      if (typeof event.data !== "string") return onMessage(event.data);
      const message = JSON.parse(event.data);
      if (message.type !== "alive") onMessage(message);
    });
    socket.addEventListener("close", (event) => {
      clearTimeout(watch);
      if (finished) return;
      if (event.code === SIGNED_OUT || event.code === NOT_ALLOWED) {
        finished = true;
        onState("closed");
        if (event.code === SIGNED_OUT) location.reload();
        return;
      }
      onState("lost");
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts++);
      retry = setTimeout(connect, wait * (0.5 + Math.random() / 2));
    });
  }

  addEventListener("online", () => {
    if (finished || socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(retry);
    attempts = 0;
    connect();
  });
  connect();
  return {
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close() {
      finished = true;
      clearTimeout(retry);
      clearTimeout(watch);
      socket?.close();
      onState("closed");
    },
  };
}
