// Makes a Leaflet map from django-leaflet's settings, and turns degrees into the plane that canvas layers draw on.
// Leaflet and django-leaflet's own script are loaded as classic scripts before the module: `L` is theirs.

const L = window.L;

/** A map in `element` by the settings of the page (`config.leaflet`, from LEAFLET_CONFIG). */
export function makeMap(element, { leaflet, fitextent = false }) {
  const map = L.Map.djangoMap(element, {
    djoptions: { ...leaflet, fitextent },
    preferCanvas: true,
    zoomControl: false,
    zoomSnap: 0.5,
    zoomDelta: 1,
    wheelPxPerZoomLevel: 90,
  });
  L.control.zoom({ position: "bottomright", zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
  return map;
}

/** Web Mercator as a square from 0 to 1, x eastwards and y southwards. */
export function mercatorX(longitude) {
  return longitude / 360 + 0.5;
}

export function mercatorY(latitude) {
  const sine = Math.sin((Math.max(-85.05, Math.min(85.05, latitude)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** A number of pixels that the whole world is wide at a zoom. */
export function worldSize(zoom) {
  return 256 * 2 ** zoom;
}

/** A colour token (static/css) as text; canvas can't read custom properties by itself. */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The JSON that the template left under an id. */
export function pageData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/**
 * A layer of canvases that stay put while the map is dragged and are drawn again when it comes to rest.
 * `draw(layer, reason)` is called with the layer's `contexts`, `size`, `origin` (pixels of the world at the top left)
 * and `scale` (pixels the world is wide). Canvases reach `PADDING` of the map beyond its edges.
 */
export const CanvasLayer = L.Layer.extend({
  options: { canvases: 1, padding: 0.15, pane: "overlayPane" },

  initialize(draw, options) {
    L.setOptions(this, options);
    this.redraw = draw;
  },

  onAdd(map) {
    this.element = L.DomUtil.create("div", "leaflet-zoom-animated canvas-layer");
    this.contexts = Array.from({ length: this.options.canvases }, () => {
      const canvas = L.DomUtil.create("canvas", "", this.element);
      canvas.style.position = "absolute";
      return canvas.getContext("2d");
    });
    this.getPane().appendChild(this.element);
    map.on("viewreset moveend resize", this.reset, this);
    map.on("zoomanim", this.animateZoom, this);
    this.reset();
  },

  onRemove(map) {
    this.element.remove();
    map.off("viewreset moveend resize", this.reset, this);
    map.off("zoomanim", this.animateZoom, this);
  },

  /** Lay the canvases over the map as it stands now, and draw. */
  reset() {
    const map = this._map;
    const view = map.getSize();
    const margin = view.multiplyBy(this.options.padding).round();
    const size = view.add(margin.multiplyBy(2));
    const corner = map.containerPointToLayerPoint([0, 0]).subtract(margin).round();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    L.DomUtil.setPosition(this.element, corner);
    for (const context of this.contexts) {
      const { canvas } = context;
      if (canvas.width !== Math.round(size.x * ratio) || canvas.height !== Math.round(size.y * ratio)) {
        canvas.width = Math.round(size.x * ratio);
        canvas.height = Math.round(size.y * ratio);
        canvas.style.width = `${size.x}px`;
        canvas.style.height = `${size.y}px`;
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.size = size;
    this.margin = margin;
    this.zoom = map.getZoom();
    this.scale = worldSize(this.zoom);
    this.origin = map.getPixelOrigin().add(corner);
    this.bounds = L.latLngBounds(
      map.layerPointToLatLng(corner),
      map.layerPointToLatLng(corner.add(size)),
    );
    this.redraw(this, "view");
  },

  animateZoom(event) {
    const scale = this._map.getZoomScale(event.zoom, this.zoom);
    const offset = this._map._latLngBoundsToNewLayerBounds(this.bounds, event.zoom, event.center).min;
    L.DomUtil.setTransform(this.element, offset, scale);
  },
});

/** Whether the reader asked for no motion. */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
