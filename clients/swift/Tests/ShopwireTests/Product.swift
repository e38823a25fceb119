import Foundation
import Testing

@testable import Shopwire

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The real product, which `npm run test:swift` has started, and says where in the environment.
enum Product {
  static let isThere = environment["SHOPWIRE_EDGE"] != nil
  /// Without tokens.
  static var edge: URL { url("SHOPWIRE_EDGE") }
  /// With tokens, for one shop.
  static var guardedEdge: URL { url("SHOPWIRE_GUARDED_EDGE") }
  static var guardedShop: UUID { UUID(uuidString: environment["SHOPWIRE_GUARDED_SHOP"]!)! }
  static var token: String { environment["SHOPWIRE_TOKEN"]! }
  static var expiredToken: String { environment["SHOPWIRE_EXPIRED_TOKEN"]! }
  /// A small disk, which a test may fill.
  static var smallDisk: URL? { environment["SHOPWIRE_SMALL_DISK"].map { URL(fileURLWithPath: $0) } }

  private static let environment = ProcessInfo.processInfo.environment

  fileprivate static func url(_ name: String) -> URL {
    URL(string: environment[name]!)!
  }

  /// All stored events of a shop, in the log's order.
  static func stored(_ shop: UUID) async throws -> [ShownEvent] {
    let url = edge.appending(path: "export/\(shop.uuidString.lowercased())")
    let (data, _) = try await answer(to: URLRequest(url: url))
    return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(ShownEvent.self, from: $0) }
  }

  /// Publishes as a producer does that is not this package.
  static func post(_ event: PublishEvent, as producer: Producer, sequence: Int) async throws -> HTTPURLResponse {
    var request = URLRequest(url: edge.appending(path: "publish/\(event.shopID.uuidString.lowercased())"))
    request.httpMethod = "POST"
    request.httpBody = try JSONEncoder().encode(event)
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.setValue(producer.id.uuidString, forHTTPHeaderField: "Producer-Id")
    request.setValue(String(producer.epoch), forHTTPHeaderField: "Producer-Epoch")
    request.setValue(String(sequence), forHTTPHeaderField: "Producer-Seq")
    return try await answer(to: request).1
  }

  /// The answer to a request that may be repeated. A busy machine's product may refuse some with 503.
  private static func answer(to request: URLRequest) async throws -> (Data, HTTPURLResponse) {
    try await until("an answer to \(request.url!.path)") {
      let (data, response) = try await URLSession.shared.data(for: request)
      let answer = response as! HTTPURLResponse
      return answer.statusCode == 503 ? nil : (data, answer)
    }
  }
}

/// A door in front of the product's edge, which does what networks, proxies and busy servers do. See test/helpers/played-doors.ts.
struct PlayedDoor: Sendable {
  struct Rule: Encodable {
    var `do`: String
    var status: Int?
    var headers: [String: String]?
    var body: String?
    var cutAfterBytes: Int?
    var times: Int?
    var forMs: Int?

    static func answer(
      _ status: Int, _ headers: [String: String] = [:], _ body: String = "", times: Int? = nil, forMs: Int? = nil
    ) -> Rule {
      Rule(do: "answer", status: status, headers: headers, body: body, times: times, forMs: forMs)
    }

    static func answer(
      problem code: String, _ status: Int, times: Int? = nil, forMs: Int? = nil, retryAfter: String? = nil
    ) -> Rule {
      var headers = ["Content-Type": "application/problem+json"]
      headers["Retry-After"] = retryAfter
      return answer(status, headers, "{\"detail\":\"played\",\"code\":\"\(code)\"}", times: times, forMs: forMs)
    }
  }

  struct Request: Decodable {
    let atMs: Double
    let method: String
    let path: String
    let headers: [String: String]
    let body: String
  }

  private let control: URL
  var url: URL { control.appending(path: "door") }

  init(_ rules: [Rule] = []) async throws {
    control = Product.url("SHOPWIRE_DOORS").appending(path: UUID().uuidString)
    try await set(rules)
  }

  func set(_ rules: [Rule]) async throws {
    var request = URLRequest(url: control)
    request.httpMethod = "PUT"
    request.httpBody = try JSONEncoder().encode(rules)
    _ = try await URLSession.shared.data(for: request)
  }

  /// What has come since the rules were set.
  var requests: [Request] {
    get async throws {
      try JSONDecoder().decode([Request].self, from: try await URLSession.shared.data(from: control).0)
    }
  }
}

/// The suites that need the product. Each runs its tests one after the other: all at once would keep a small machine too busy for the
/// product to answer in time. The limit gives a test that hangs its name.
@Suite(.enabled(if: Product.isThere, "the product: run npm run test:swift"), .timeLimit(.minutes(4)))
struct OnTheProduct {}

/// Waits that suit a test.
let quick = RetryPolicy(firstDelay: .milliseconds(20), longestDelay: .milliseconds(100), attempts: 10)
