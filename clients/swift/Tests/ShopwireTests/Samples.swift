import Foundation
import Shopwire
import Testing

/// An event like the sample of the contract, for a shop; `number` is its `action_id`.
func sampleEvent(shop: UUID = UUID(), number: Int = 101, name: String = "FUJI Apples") -> PublishEvent {
  PublishEvent(
    sessionID: UUID(uuidString: "4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94")!, shopID: shop,
    shopperID: UUID(uuidString: "ab29b2d3-7c8a-446e-a4e1-d8e2a51c0e94")!, actionID: number,
    createTime: Timestamp("2023-12-18T10:30:00.000Z")!, action: .add, productName: name, productID: 500_100,
    productPrice: Decimal(string: "3.50")!, upc: "042100005264", categoryID: "fruit",
    basketTotal: Decimal(string: "12.18")!)
}

/// A fresh directory, which is removed with this object.
final class TemporaryDirectory: Sendable {
  let url: URL

  init(in parent: URL = FileManager.default.temporaryDirectory) throws {
    url = parent.appending(path: "shopwire-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }
}

struct TimedOut: Error {
  let what: String
}

/// Waits until something is so; `what` names it in the error after a minute.
func until<Value>(_ what: String, _ probe: () async throws -> Value?) async throws -> Value {
  let deadline = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < deadline {
    if let value = try await probe() { return value }
    try await Task.sleep(for: .milliseconds(20))
  }
  throw TimedOut(what: what)
}

func until(_ what: String, _ probe: () async throws -> Bool) async throws {
  _ = try await until(what) { try await probe() ? true : nil }
}

/// The problem that something throws.
func refusal(_ body: () async throws -> some Any) async throws -> Problem {
  do {
    _ = try await body()
  } catch let problem as Problem {
    return problem
  }
  Issue.record("nothing was refused")
  throw TimedOut(what: "a refusal")
}
