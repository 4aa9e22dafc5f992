// Says in word and shape whether the page is live: ● 实时, ▲ 连接中断.

const WORDS = {
  connecting: "正在连接",
  live: "实时",
  stale: "已无更新",
  lost: "连接中断，正在重连",
  closed: "未连接",
};

export function showConnection(state) {
  document.querySelectorAll("[data-live]").forEach((element) => {
    element.dataset.state = state;
    element.textContent = WORDS[state];
  });
}
