import type { Product } from "./fake-ecwid.ts"

/** What the demo shop sells, each with the colours of its picture. */
export const products: readonly (Product & { readonly colours: readonly [string, string] })[] = [
  {
    id: 500100,
    sku: "042100005264",
    name: "FUJI Apples",
    price: 3.5,
    category: "fruit",
    colours: ["#f6d5cf", "#c8402f"],
  },
  {
    id: 500101,
    sku: "042100005271",
    name: "Conference Pears",
    price: 2.9,
    category: "fruit",
    colours: ["#e9efcd", "#7c9a2f"],
  },
  {
    id: 500102,
    sku: "042100005288",
    name: "Blood Oranges",
    price: 4.2,
    category: "fruit",
    colours: ["#fde0c5", "#d8621d"],
  },
  {
    id: 500200,
    sku: "042100006261",
    name: "Rye Bread",
    price: 5.4,
    category: "bakery",
    colours: ["#eadfd2", "#7d5430"],
  },
  {
    id: 500201,
    sku: "042100006278",
    name: "Butter Croissant",
    price: 1.8,
    category: "bakery",
    colours: ["#f8e8c9", "#c38a2c"],
  },
  {
    id: 500300,
    sku: "042100007268",
    name: "Mountain Cheese",
    price: 8.6,
    category: "dairy",
    colours: ["#faf0c8", "#c9a227"],
  },
  {
    id: 500301,
    sku: "042100007275",
    name: "Farm Yoghurt",
    price: 2.3,
    category: "dairy",
    colours: ["#e3ecf5", "#4f7cac"],
  },
  {
    id: 500400,
    sku: "042100008265",
    name: "Elderflower Fizz",
    price: 3.9,
    category: "drinks",
    colours: ["#e0f0e6", "#3d8a63"],
  },
]
