import Foundation
import Shopwire

let client = ShopwireClient(url: URL(string: "http://127.0.0.1:8000")!)
let event = PublishEvent(
  sessionID: UUID(), shopID: UUID(uuidString: "123e4567-e89b-42d3-a456-426614174000")!, shopperID: UUID(),
  actionID: 101, action: .add, productName: "FUJI Apples", productID: 500_100, productPrice: 3.50,
  upc: "042100005264", categoryID: "fruit", basketTotal: 12.18)
print("stored as \(try await client.publish(event))")
