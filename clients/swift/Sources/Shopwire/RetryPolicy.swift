/// How long to wait before a request is sent again. The waits double from `firstDelay` to `longestDelay`; each is shortened at random by
/// up to a half, so that a thousand phones do not come back at once. A server's `Retry-After` is never cut short.
public struct RetryPolicy: Hashable, Sendable {
  public var firstDelay: Duration
  public var longestDelay: Duration
  /// How often `ShopwireClient.publish` sends a request before it throws. An `Outbox` never gives up.
  public var attempts: Int

  public init(firstDelay: Duration = .seconds(1), longestDelay: Duration = .seconds(60), attempts: Int = 4) {
    self.firstDelay = firstDelay
    self.longestDelay = longestDelay
    self.attempts = attempts
  }

  /// - Parameter failures: how many attempts have failed in a row, from 1 on
  func delay(after failures: Int, retryAfter: Duration? = nil) -> Duration {
    // 2^20 first delays are longer than any longest delay.
    let doubled = min(longestDelay, firstDelay * (1 << min(failures - 1, 20)))
    let backoff = doubled * Double.random(in: 0.5...1)
    guard let retryAfter else { return backoff }
    return max(backoff, retryAfter + min(retryAfter, firstDelay) * Double.random(in: 0...0.5))
  }
}
