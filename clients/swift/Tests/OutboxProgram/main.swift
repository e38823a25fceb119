// Queues events and sends them, until it is killed: `outbox-program <edge> <shop> <directory> <first> <count>`. Prints the number of each
// event (its action_id) after it is queued, and `done` when all are stored.
import Foundation
import Shopwire

/// At once, so that a killed program has printed what it had to.
func tell(_ text: some CustomStringConvertible) {
  FileHandle.standardOutput.write(Data("\(text)\n".utf8))
}

let arguments = CommandLine.arguments
let shop = UUID(uuidString: arguments[2])!
let outbox = try Outbox(
  directory: URL(fileURLWithPath: arguments[3]), shop: shop, client: ShopwireClient(url: URL(string: arguments[1])!),
  retry: RetryPolicy(firstDelay: .milliseconds(20), longestDelay: .milliseconds(200)))
await outbox.start()
let first = Int(arguments[4])!
for number in first..<first + Int(arguments[5])! {
  try await outbox.enqueue(
    PublishEvent(
      sessionID: UUID(), shopID: shop, shopperID: UUID(), actionID: number, action: .add, productName: "Apples",
      productID: 1, productPrice: 1, upc: "1", categoryID: "fruit", basketTotal: 1))
  tell(number)
}
for await status in await outbox.statuses where status.queued == 0 { break }
tell("done")
