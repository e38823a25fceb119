import { digestOf } from "../contract/digest.ts"

console.log(digestOf({ b: [1, "é🍎", null], a: 0.1 }))
