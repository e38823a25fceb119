import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Gives the token of the signed-in user; nil for none. With Firebase:
/// `{ refresh in try await Auth.auth().currentUser?.getIDToken(forcingRefresh: refresh) }`.
///
/// - Parameter refresh: true after the server has refused the last token: a kept one is of no use then.
public typealias TokenProvider = @Sendable (_ refresh: Bool) async throws -> String?

/// A shopwire server's edge: publishes events, and watches feeds.
public actor ShopwireClient {
  /// The edge's address: `https://edge.example`.
  public nonisolated let url: URL
  nonisolated let retry: RetryPolicy
  nonisolated let configuration: URLSessionConfiguration
  private let token: TokenProvider?
  private let http: HTTPClient
  private var refresh: Task<String?, any Error>?

  /// - Parameters:
  ///   - token: asked before each request, and again, with `refresh`, when the server refuses the token
  ///   - configuration: for proxies, timeouts and the like
  public init(
    url: URL,
    token: TokenProvider? = nil,
    retry: RetryPolicy = RetryPolicy(),
    configuration: URLSessionConfiguration = .shopwire
  ) {
    self.url = url
    self.token = token
    self.retry = retry
    self.configuration = configuration
    http = HTTPClient(configuration: configuration)
  }

  /// Publishes an event. Returns after the server has stored it: its sequence in the shop's log.
  ///
  /// Repeats the request while the server is busy or away, at most `retry.attempts` times and for 9 minutes, since the server knows it as a
  /// repetition for 10; the event is stored once all the same. Use
  /// an `Outbox` where the network may be away for longer than this call shall take.
  ///
  /// - Throws: `Problem` when the server refuses · `URLError` when there is no connection: the event may or may not be stored ·
  ///   `UnexpectedAnswer` · `EncodingError` for an amount that is no number
  @discardableResult
  public func publish(_ event: PublishEvent, sharedSession: SharedSession? = nil) async throws -> Int {
    let request = try PublishRequest(shop: event.shopID, body: .one(JSON.data(of: event)))
    return try await publish(request, sharedSession: sharedSession)[0]
  }

  /// Publishes up to 1,000 events of one shop: all, or none of them. Otherwise as `publish(_:)` with one event.
  ///
  /// - Returns: the sequence of each event, in the order of `events`
  @discardableResult
  public func publish(_ events: [PublishEvent], sharedSession: SharedSession? = nil) async throws -> [Int] {
    guard let shop = events.first?.shopID else { return [] }
    let request = try PublishRequest(shop: shop, body: .array(events.map(JSON.data(of:))))
    return try await publish(request, sharedSession: sharedSession)
  }

  /// The events of a shop, live, as the server stores them. With `after`, the stored events after that sequence come first.
  ///
  /// - Parameter after: the `sequence` of the last event that the app has; 0 for the shop's whole history; nil for new events only
  public nonisolated func feed(of shop: UUID, after: Int? = nil) -> ShopFeed {
    ShopFeed(client: self, shop: shop, after: after)
  }

  private func publish(_ request: PublishRequest, sharedSession: SharedSession?) async throws -> [Int] {
    var headers = sharedSession?.headers ?? [:]
    // Thus a request whose answer was lost can be repeated.
    headers["Idempotency-Key"] = UUID().lowercased
    let start = ContinuousClock.now
    var failures = 0
    while true {
      var wait: Duration?
      let failure: any Error
      do {
        return try await send(request, headers: headers).sequences
      } catch let problem as Problem where problem.isTemporary {
        failures += 1
        wait = problem.retryAfter
        if failures >= retry.attempts || wait.map({ $0 > retry.longestDelay }) == true { throw problem }
        failure = problem
      } catch {
        let cause = (error as? TokenFailure)?.cause ?? error
        guard let error = cause as? URLError, error.code != .cancelled else { throw cause }
        failures += 1
        if failures >= retry.attempts { throw error }
        failure = error
      }
      let next = ContinuousClock.now + retry.delay(after: failures, retryAfter: wait)
      if start.duration(to: next) > Limits.repetitions { throw failure }
      try await Task.sleep(until: next, clock: .continuous)
    }
  }

  /// Sends a publish once.
  ///
  /// - Throws: as `publish(_:)` · `TokenFailure`
  func send(_ request: PublishRequest, headers: [String: String]) async throws -> PublishAnswer {
    let answer = try await answer(to: request.urlRequest(edge: url, headers: headers))
    guard (200..<300).contains(answer.status) else { throw Problem(answer) }
    guard let stored = PublishAnswer(answer, to: request) else { throw UnexpectedAnswer(status: answer.status) }
    return stored
  }

  /// Sends a request with the user's token, and once more with a fresh one if the token was refused.
  private func answer(to request: URLRequest) async throws -> HTTPAnswer {
    let first = try await authorized(request)
    let answer = try await http.answer(to: first)
    guard Self.asksForFreshToken(answer.status), let fresh = try await authorizedAfresh(first) else { return answer }
    return try await http.answer(to: fresh)
  }

  /// 403 too: a user's new rights stand only in a fresh token.
  nonisolated static func asksForFreshToken(_ status: Int) -> Bool {
    status == 401 || status == 403
  }

  func authorized(_ request: URLRequest) async throws -> URLRequest {
    guard let token else { return request }
    do {
      return request.withBearer(try await token(false))
    } catch {
      throw TokenFailure(cause: error)
    }
  }

  /// The request with a fresh token; nil if there is no other token than the refused one.
  func authorizedAfresh(_ refused: URLRequest) async throws -> URLRequest? {
    guard let token else { return nil }
    // One refresh for all requests that were refused at the same time.
    let task = refresh ?? Task { try await token(true) }
    refresh = task
    defer { if refresh == task { refresh = nil } }
    do {
      let request = refused.withBearer(try await task.value)
      return request.value(forHTTPHeaderField: "Authorization") == refused.value(forHTTPHeaderField: "Authorization")
        ? nil : request
    } catch {
      throw TokenFailure(cause: error)
    }
  }
}

/// Thrown within this package when the token provider throws.
struct TokenFailure: Error {
  let cause: any Error
}

extension URLSessionConfiguration {
  /// No cookies, no cache, and half a minute for an answer.
  public static var shopwire: URLSessionConfiguration {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = 30
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    configuration.urlCache = nil
    configuration.httpShouldSetCookies = false
    return configuration
  }
}

extension URLRequest {
  fileprivate func withBearer(_ token: String?) -> URLRequest {
    var request = self
    request.setValue(token.map { "Bearer \($0)" }, forHTTPHeaderField: "Authorization")
    return request
  }
}
