// A citizen's form: the place where the phone is, only when asked for. The form works without it.

const button = document.querySelector("[data-here]");
const words = document.querySelector("[data-here-words]");
const field = (name) => document.querySelector(`input[name=${name}]`);

if (navigator.geolocation && window.isSecureContext) {
  button.hidden = false;
  button.addEventListener("click", () => {
    words.textContent = "正在定位…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        field("latitude").value = coords.latitude.toFixed(6);
        field("longitude").value = coords.longitude.toFixed(6);
        words.textContent = `已附位置，误差约 ${Math.round(coords.accuracy)} 米`;
      },
      () => (words.textContent = "没有取得位置，请在上面填写地点"),
      { enableHighAccuracy: true, timeout: 10000 },
    );
  });
}
