import Foundation

/// A refusal, as the server tells it: RFC 9457, Problem Details. Thrown by `ShopwireClient`.
///
/// Source: docs/errors.md.
public struct Problem: Error, Hashable, Sendable {
  /// The HTTP status.
  public let status: Int
  /// What happened, for people. Texts may change.
  public let detail: String
  /// What happened, for programs: `store.shopMismatch`. Nil for the edge's own refusals.
  public let code: String?
  /// The ID to quote to whoever runs the server.
  public let requestID: String?
  /// One entry for each wrong part of the request, at most 100.
  public let errors: [Entry]
  /// When to try again, if the server said so.
  public let retryAfter: Duration?
  /// False if the answer came from something between app and server: a proxy, or the login page of a Wi-Fi.
  public let isFromShopwire: Bool

  /// One wrong part of a request. Exactly one of `pointer`, `parameter` and `header` is there.
  public struct Entry: Hashable, Sendable, Codable {
    /// A JSON pointer into the body: `#/product_price`, or `#/3/action` in the fourth event of an array.
    public let pointer: String?
    /// A part of the path.
    public let parameter: String?
    public let header: String?
    /// What is expected.
    public let detail: String

    /// The wrong field: `product_price`. Nil if the event as a whole is wrong.
    public var field: String? {
      path.last.flatMap { Int($0) == nil ? $0 : nil }
    }

    /// The position of the wrong event in the array that was sent.
    public var eventIndex: Int? {
      path.first.flatMap { Int($0) }
    }

    // Names of fields have no character that a pointer escapes.
    private var path: [String] {
      guard let pointer, pointer.hasPrefix("#/") else { return [] }
      return pointer.dropFirst(2).split(separator: "/").map(String.init)
    }
  }
}

extension Problem: CustomStringConvertible {
  public var description: String {
    let entries = errors.map { "\($0.pointer ?? $0.parameter ?? $0.header ?? "the request"): \($0.detail)" }
    return (["\(status) \(detail)"] + entries).joined(separator: "; ")
  }
}

extension Problem {
  init(_ answer: HTTPAnswer) {
    status = answer.status
    retryAfter = answer.retryAfter
    requestID = answer.header("X-Request-Id")
    let isProblem = answer.header("Content-Type")?.lowercased().hasPrefix("application/problem+json") == true
    let body = isProblem ? try? JSONDecoder().decode(Body.self, from: answer.body) : nil
    isFromShopwire = body != nil
    detail = body?.detail ?? "the answer has no details"
    code = body?.code
    errors = body?.errors ?? []
  }

  private struct Body: Decodable {
    let detail: String
    let code: String?
    let errors: [Entry]?
  }

  /// The same, as if the event at this position of the array had been sent alone.
  func ofEvent(_ index: Int) -> Problem {
    let own = errors.filter { $0.eventIndex == nil || $0.eventIndex == index }.map { entry in
      Entry(
        pointer: entry.pointer?.replacing("#/\(index)", with: "#", maxReplacements: entry.eventIndex == nil ? 0 : 1),
        parameter: entry.parameter, header: entry.header, detail: entry.detail)
    }
    return Problem(
      status: status, detail: detail, code: code, requestID: requestID, errors: own, retryAfter: retryAfter,
      isFromShopwire: isFromShopwire)
  }

  /// True if the same request may succeed later.
  var isTemporary: Bool {
    status == 408 || status == 429 || status >= 500
  }
}

/// Thrown for a success that is not the server's: the login page of a Wi-Fi, or another server at that address. It is unknown
/// whether the events are stored.
public struct UnexpectedAnswer: Error, Hashable, Sendable {
  public let status: Int
}
