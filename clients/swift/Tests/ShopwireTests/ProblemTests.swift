import Foundation
import Testing

@testable import Shopwire

private let problemJSON = "application/problem+json; charset=utf-8"

@Suite struct ProblemTests {
  @Test func tellsEachWrongField() {
    let body = """
      {"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"Invalid parameters","request_id":"b6b2",
       "code":"system.invalidParams","errors":[{"pointer":"#/product_price","detail":"expected a number"},
       {"pointer":"#/3/action","detail":"expected a string"},{"pointer":"#/4","detail":"expected a JSON object"},
       {"header":"Idempotency-Key","detail":"expected 1 to 255"},{"parameter":"shop_id","detail":"expected a UUID"}],"new":1}
      """
    let problem = Problem(
      HTTPAnswer(status: 422, headers: ["content-type": problemJSON, "X-Request-ID": "b6b2"], body: Data(body.utf8)))
    #expect(problem.code == "system.invalidParams")
    #expect(problem.requestID == "b6b2")
    #expect(problem.isFromShopwire)
    #expect(problem.errors.map(\.field) == ["product_price", "action", nil, nil, nil])
    #expect(problem.errors.map(\.eventIndex) == [nil, 3, 4, nil, nil])
    #expect(problem.errors[3].header == "Idempotency-Key")
    #expect(problem.ofEvent(3).errors.map(\.pointer) == ["#/product_price", "#/action", nil, nil])
    #expect(problem.ofEvent(4).errors.map(\.pointer) == ["#/product_price", "#", nil, nil])
    #expect(problem.description.hasPrefix("422 Invalid parameters; #/product_price: expected a number; "))
  }

  @Test func isNotShopwiresIfAProxyAnswers() {
    let html = HTTPAnswer(status: 413, headers: ["Content-Type": "text/html"], body: Data("<h1>413</h1>".utf8))
    #expect(!Problem(html).isFromShopwire)
    let broken = HTTPAnswer(status: 502, headers: ["Content-Type": problemJSON], body: Data("{".utf8))
    #expect(!Problem(broken).isFromShopwire)
    #expect(Problem(broken).isTemporary)
  }

  private func wait(_ headers: [String: String]) -> Duration? {
    HTTPAnswer(status: 503, headers: headers, body: Data()).retryAfter
  }

  @Test func readsRetryAfterAsSeconds() {
    #expect(wait(["retry-after": "7"]) == .seconds(7))
    #expect(wait(["Retry-After": " 0 "]) == .seconds(0))
    #expect(wait(["Retry-After": "99999999999999"]) == .seconds(3600))
    #expect(wait(["Retry-After": "-1"]) == nil)
    #expect(wait(["Retry-After": "soon"]) == nil)
    #expect(wait(["Retry-After": "nan"]) == nil)
    #expect(wait([:]) == nil)
  }

  /// The dates are decades away from this machine's clock: only their difference counts.
  @Test func readsRetryAfterAsADateByTheServersClock() {
    let date = "Mon, 01 Jan 2001 00:00:00 GMT"
    #expect(wait(["Retry-After": "Mon, 01 Jan 2001 00:00:09 GMT", "Date": date]) == .seconds(9))
    #expect(wait(["Retry-After": "Sun, 31 Dec 2000 23:59:00 GMT", "Date": date]) == .seconds(0))
    #expect(wait(["Retry-After": "Mon, 01 Jan 2001 00:00:09 GMT"]) == nil)
  }
}

@Suite struct OutboxRequestTests {
  private func part(of count: Int, wrong: [Int]) throws -> OutboxRequest.Part {
    let events = (0..<count).map { (QueuePlace(segment: 1, offset: UInt64($0)), Data()) }
    let entries = wrong.map { "{\"pointer\":\"#/\($0)/action\",\"detail\":\"\"}" }.joined(separator: ",")
    let body = Data("{\"detail\":\"\",\"errors\":[\(entries)]}".utf8)
    return try OutboxRequest(shop: UUID(), producer: .new(), sequence: 1, events: events).part(
      refusedBy: Problem(HTTPAnswer(status: 422, headers: ["Content-Type": problemJSON], body: body)))
  }

  @Test func findsTheEventsToSetAsideOrToSend() throws {
    #expect(try part(of: 1, wrong: []) == .wrong(1))
    #expect(try part(of: 9, wrong: [4, 5, 8]) == .sendable(4))
    #expect(try part(of: 9, wrong: [0, 1, 3]) == .wrong(2))
    #expect(try part(of: 3, wrong: [0, 1, 2]) == .wrong(3))
    #expect(try part(of: 9, wrong: []) == .sendable(4))
    #expect(try part(of: 2, wrong: [7]) == .sendable(1))
  }
}

@Suite struct RetryPolicyTests {
  let policy = RetryPolicy(firstDelay: .seconds(1), longestDelay: .seconds(60))

  @Test(arguments: [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1_000_000, 60)])
  func doublesUpToTheLongestDelay(_ failures: Int, _ seconds: Int) {
    for _ in 0..<200 {
      let delay = policy.delay(after: failures)
      #expect(delay >= .seconds(seconds) / 2 && delay <= .seconds(seconds))
    }
  }

  @Test func isDifferentEachTime() {
    #expect(Set((0..<20).map { _ in policy.delay(after: 3) }).count > 10)
    #expect(Set((0..<20).map { _ in policy.delay(after: 1, retryAfter: .seconds(30)) }).count > 10)
  }

  @Test func neverComesBackBeforeRetryAfter() {
    for failures in 1...20 { #expect(policy.delay(after: failures, retryAfter: .seconds(90)) >= .seconds(90)) }
    // A short one does not make it come back more and more often.
    #expect(policy.delay(after: 10, retryAfter: .seconds(1)) >= .seconds(30))
  }
}
