// Reads the live map's binary frames; datacenter/tracks/frames.py describes them.

const HEAD = 48;
const VERSION = 1;

/** A frame's head and columns; the columns are typed arrays over the message's own bytes. Throws on foreign bytes. */
export function readFrame(buffer) {
  const head = new DataView(buffer, 0, HEAD);
  if (head.getUint8(0) !== VERSION) throw new Error(`frame version ${head.getUint8(0)}`);
  const flags = head.getUint8(1);
  const n = head.getUint32(8, true);
  const m = head.getUint32(12, true);
  let at = HEAD;
  const column = (type, count) => {
    const values = new type(buffer, at, count);
    at += values.byteLength;
    return values;
  };
  const [west, south, east, north] = [32, 36, 40, 44].map((offset) => head.getInt32(offset, true) / 1e6);
  return {
    full: (flags & 1) !== 0,
    fed: (flags & 2) !== 0,
    view: head.getUint16(2, true),
    sequence: head.getUint32(4, true),
    now: head.getFloat64(16, true),
    fedAt: head.getFloat64(24, true),
    box: { west, south, east, north },
    ids: column(Uint32Array, n),
    removed: column(Uint32Array, m),
    x: column(Uint16Array, n),
    y: column(Uint16Array, n),
    speed: column(Uint8Array, n),
    bearing: column(Uint8Array, n),
    state: column(Uint8Array, n),
  };
}
