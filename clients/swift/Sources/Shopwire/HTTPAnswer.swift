import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// An HTTP answer with its whole body.
struct HTTPAnswer: Sendable {
  let status: Int
  let body: Data
  private let headers: [String: String]

  init(status: Int, headers: [String: String], body: Data) {
    self.status = status
    self.body = body
    self.headers = Dictionary(headers.map { ($0.lowercased(), $1) }, uniquingKeysWith: { first, _ in first })
  }

  init(_ response: HTTPURLResponse, body: Data) {
    let pairs = response.allHeaderFields.map { (String(describing: $0), String(describing: $1)) }
    self.init(
      status: response.statusCode, headers: Dictionary(pairs, uniquingKeysWith: { first, _ in first }), body: body)
  }

  /// - Parameter name: in any case
  func header(_ name: String) -> String? {
    headers[name.lowercased()]
  }

  /// How long to wait before the next request: seconds, or a date, which counts from the answer's own `Date`, because the clock of a
  /// phone may be wrong. At most an hour.
  var retryAfter: Duration? {
    guard let text = header("Retry-After")?.trimmingCharacters(in: .whitespaces) else { return nil }
    let seconds = Double(text) ?? secondsUntil(text)
    guard let seconds, seconds.isFinite, seconds >= 0 else { return nil }
    return .seconds(min(seconds, 3600))
  }

  private func secondsUntil(_ date: String) -> Double? {
    guard let then = HTTPDate.parse(date), let now = header("Date").flatMap(HTTPDate.parse) else { return nil }
    return max(0, then.timeIntervalSince(now))
  }
}

/// Source: RFC 9110, "Date/Time Formats", IMF-fixdate.
private enum HTTPDate {
  static func parse(_ text: String) -> Date? {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: text)
  }
}
