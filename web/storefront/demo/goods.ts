import type { Product } from "./fake-ecwid.ts"
import apples from "./pictures/apples.svg"
import bread from "./pictures/bread.svg"
import cheese from "./pictures/cheese.svg"
import croissant from "./pictures/croissant.svg"
import fizz from "./pictures/fizz.svg"
import oranges from "./pictures/oranges.svg"
import pears from "./pictures/pears.svg"
import yoghurt from "./pictures/yoghurt.svg"

export const goods: readonly Product[] = [
  { id: 500100, sku: "042100005264", name: "FUJI Apples", price: 3.5, category: "fruit", thumbnailUrl: apples },
  { id: 500101, sku: "042100005271", name: "Conference Pears", price: 2.9, category: "fruit", thumbnailUrl: pears },
  { id: 500102, sku: "042100005288", name: "Blood Oranges", price: 4.2, category: "fruit", thumbnailUrl: oranges },
  { id: 500200, sku: "042100006261", name: "Rye Bread", price: 5.4, category: "bakery", thumbnailUrl: bread },
  {
    id: 500201,
    sku: "042100006278",
    name: "Butter Croissant",
    price: 1.8,
    category: "bakery",
    thumbnailUrl: croissant,
  },
  { id: 500300, sku: "042100007268", name: "Mountain Cheese", price: 8.6, category: "dairy", thumbnailUrl: cheese },
  { id: 500301, sku: "042100007275", name: "Farm Yoghurt", price: 2.3, category: "dairy", thumbnailUrl: yoghurt },
  { id: 500400, sku: "042100008265", name: "Elderflower Fizz", price: 3.9, category: "drinks", thumbnailUrl: fizz },
]
