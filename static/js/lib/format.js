// Times, deadlines and numbers as officers say them; the templates' words (datacenter/templatetags/office.py) in script.

const ZONE = "Asia/Shanghai";
const PARTS = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE, hourCycle: "h23",
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

function parts(date) {
  return Object.fromEntries(PARTS.formatToParts(date).map(({ type, value }) => [type, value]));
}

/** 2026-11-22 14:05:09 */
export function full(date) {
  const p = parts(date);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

/** 14:05:09 */
export function clock(date) {
  const p = parts(date);
  return `${p.hour}:${p.minute}:${p.second}`;
}

/** 今天 14:05, else 11-22 14:05, with the year if it is another. */
export function when(date, now = new Date()) {
  const p = parts(date);
  const today = parts(now);
  if (p.year === today.year && p.month === today.month && p.day === today.day) return `今天 ${p.hour}:${p.minute}`;
  return `${p.year === today.year ? "" : `${p.year}-`}${p.month}-${p.day} ${p.hour}:${p.minute}`;
}

/** 剩 3 小时, 已超 2 天 */
export function left(due, now = new Date()) {
  const seconds = Math.abs(due - now) / 1000;
  const word = due < now ? "已超" : "剩";
  if (seconds < 3600) return `${word} ${Math.max(1, Math.floor(seconds / 60))} 分钟`;
  if (seconds < 48 * 3600) return `${word} ${Math.floor(seconds / 3600)} 小时`;
  return `${word} ${Math.floor(seconds / 86400)} 天`;
}

/** 3 秒前, 5 分钟前: for what is live. */
export function ago(date, now = new Date()) {
  const seconds = Math.max(0, (now - date) / 1000);
  if (seconds < 60) return `${Math.floor(seconds)} 秒前`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分钟前`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} 小时前`;
  return when(date, now);
}

/** 11,268 */
export function grouped(value, places = 0) {
  return Number(value).toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
}
