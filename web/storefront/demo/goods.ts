import type { Product } from "./fake-ecwid.ts"

/** A product of the demo shop. */
export interface Good extends Product {
  /** The picture's background and drawing colours. */
  readonly colours: readonly [string, string]
  /** The picture: the `d` attribute of a path, in a square of 24. */
  readonly drawing: string
}

export const goods: readonly Good[] = [
  {
    id: 500100,
    sku: "042100005264",
    name: "FUJI Apples",
    price: 3.5,
    category: "fruit",
    colours: ["#f6d5cf", "#c8402f"],
    drawing:
      "M12 7.5C9.6 5.7 5 6.3 5 11.3 5 16 7.6 20 9.8 20c.9 0 1.4-.5 2.2-.5s1.3.5 2.2.5C16.4 20 19 16 19 11.3 19 6.3 14.4 5.7 12 7.5zM12.3 6.6C12.2 4.6 13.2 3 15.4 2.6c.2 2.2-.9 3.8-3.1 4z",
  },
  {
    id: 500101,
    sku: "042100005271",
    name: "Conference Pears",
    price: 2.9,
    category: "fruit",
    colours: ["#e9efcd", "#7c9a2f"],
    drawing:
      "M12.4 4.2 13.6 1.8l.9.4-1 2.1C15 5 15.3 6.5 15.4 8c.2 3 3.3 4.3 3.3 8 0 3.3-2.9 5.5-6.7 5.5S5.3 19.3 5.3 16c0-3.7 3.1-5 3.3-8 .1-2 1.5-3.9 3.8-3.8z",
  },
  {
    id: 500102,
    sku: "042100005288",
    name: "Blood Oranges",
    price: 4.2,
    category: "fruit",
    colours: ["#fde0c5", "#d8621d"],
    drawing:
      "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-.7 2.2v5.5L7.5 6.9a7 7 0 0 1 3.8-1.7zm1.4 0a7 7 0 0 1 3.8 1.7l-3.8 3.8zM6.5 7.9l3.8 3.4H4.9a7 7 0 0 1 1.6-3.4zm11 0a7 7 0 0 1 1.6 3.4h-5.4zM4.9 12.7h5.4l-3.8 3.4a7 7 0 0 1-1.6-3.4zm8.8 0h5.4a7 7 0 0 1-1.6 3.4zm-2.4.6v5.5a7 7 0 0 1-3.8-1.7zm1.4 0 3.8 3.8a7 7 0 0 1-3.8 1.7z",
  },
  {
    id: 500200,
    sku: "042100006261",
    name: "Rye Bread",
    price: 5.4,
    category: "bakery",
    colours: ["#eadfd2", "#7d5430"],
    drawing:
      "M12 4.5c-5.3 0-9 2-9 5.2 0 1.5.7 2.4 1.7 3V19c0 .6.4 1 1 1h12.6c.6 0 1-.4 1-1v-6.3c1-.6 1.7-1.5 1.7-3 0-3.2-3.7-5.2-9-5.2zM8.5 8l1.5 3-1 .5-1.5-3zm3.5-.4 1.5 3-1 .5-1.5-3zm3.5.4 1.5 3-1 .5-1.5-3z",
  },
  {
    id: 500201,
    sku: "042100006278",
    name: "Butter Croissant",
    price: 1.8,
    category: "bakery",
    colours: ["#f8e8c9", "#c38a2c"],
    drawing:
      "M9.3 6.3C10.1 5.9 11 5.7 12 5.7s1.9.2 2.7.6L14 12.5c-1.3.6-2.7.6-4 0zM8.2 6.8C6 8 4.4 10 3.4 12.8l4.2 1.3 1.2-2.2zm7.6 0-.6 5.1 1.2 2.2 4.2-1.3C19.6 10 18 8 15.8 6.8zM3 14c-.4 1.3-.5 2.6-.3 4 1.9-.1 3.5-1.1 4.5-2.7zm18 0-4.2 1.3c1 1.6 2.6 2.6 4.5 2.7.2-1.4.1-2.7-.3-4z",
  },
  {
    id: 500300,
    sku: "042100007268",
    name: "Mountain Cheese",
    price: 8.6,
    category: "dairy",
    colours: ["#faf0c8", "#c9a227"],
    drawing:
      "M16.5 4.5 2.5 12H21.5C21.3 8.6 19.5 5.9 16.5 4.5zM2.5 13.3V19c0 .6.4 1 1 1h17c.6 0 1-.4 1-1v-5.7zM7.5 15a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2zm8.5.3a1.2 1.2 0 1 1 0 2.4 1.2 1.2 0 0 1 0-2.4zM15.5 7.8a1.1 1.1 0 1 1 0 2.2 1.1 1.1 0 0 1 0-2.2z",
  },
  {
    id: 500301,
    sku: "042100007275",
    name: "Farm Yoghurt",
    price: 2.3,
    category: "dairy",
    colours: ["#e3ecf5", "#4f7cac"],
    drawing:
      "M5.5 4.5h13c.6 0 1 .4 1 1v1.2H4.5V5.5c0-.6.4-1 1-1zM5.7 8h12.6l-1.4 12.1c-.1.5-.5.9-1 .9H8.1c-.5 0-.9-.4-1-.9zM12 11.2c-1.9 0-3.4 1.3-3.4 3s1.5 3 3.4 3 3.4-1.3 3.4-3-1.5-3-3.4-3z",
  },
  {
    id: 500400,
    sku: "042100008265",
    name: "Elderflower Fizz",
    price: 3.9,
    category: "drinks",
    colours: ["#e0f0e6", "#3d8a63"],
    drawing:
      "M10.2 1.8h3.6c.3 0 .5.2.5.5v1.2H9.7V2.3c0-.3.2-.5.5-.5zM9.9 4.7h4.2v2.8c0 .5.2.9.5 1.3l1.3 1.6c.4.5.6 1 .6 1.6V21c0 .7-.5 1.2-1.2 1.2H8.7c-.7 0-1.2-.5-1.2-1.2v-9c0-.6.2-1.1.6-1.6l1.3-1.6c.3-.4.5-.8.5-1.3zM9 13.2v5.3h6v-5.3z",
  },
]
