import Foundation
import Shopwire

let shop = UUID(uuidString: "123e4567-e89b-42d3-a456-426614174000")!
let client = ShopwireClient(url: URL(string: "http://127.0.0.1:8000")!)
let folder = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask)[0]
let outbox = try Outbox(directory: folder.appending(path: "outbox-\(shop)"), shop: shop, client: client)
await outbox.start()

try await outbox.enqueue(
  PublishEvent(
    sessionID: UUID(), shopID: shop, shopperID: UUID(), actionID: 101, action: .add, productName: "FUJI Apples",
    productID: 500_100, productPrice: 3.50, upc: "042100005264", categoryID: "fruit",
    basketTotal: 12.18))
// The event is on disk now: it survives a crash, and any time without a network.

for await status in await outbox.statuses {
  print("\(status.queued) queued, \(status.setAside) set aside")
  if status.queued == 0 { break }
}
