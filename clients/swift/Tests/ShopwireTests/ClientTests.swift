import Foundation
import Testing

@testable import Shopwire

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension OnTheProduct {
  @Suite(.serialized) struct ClientTests {
    let shop = UUID()

    @Test func publishesAnEventExactly() async throws {
      let event = sampleEvent(shop: shop, name: "Äpfel 🍎 \"süß\"")
      let sequence = try await ShopwireClient(url: Product.edge).publish(event)
      let stored = try await Product.stored(shop)
      #expect(stored.map(\.event) == [event])
      #expect(stored.map(\.sequence) == [sequence])
    }

    @Test func namesTheSharedSessionOfItsBasket() async throws {
      let client = ShopwireClient(url: Product.edge)
      try await client.publish(sampleEvent(shop: shop), sharedSession: SharedSession(id: "party~1", name: "Zoë"))
      try await client.publish([sampleEvent(shop: shop)], sharedSession: SharedSession(id: "other"))
      #expect(try await Product.stored(shop).map(\.sharedSession) == ["party~1", "other"])
    }

    @Test(arguments: ["3.3", "0.1", "1234567.89", "0.000001", "9007199254740991", "-4.35", "1e-7"])
    func getsTheSameAmountBack(_ text: String) async throws {
      var event = sampleEvent(shop: shop)
      event.productPrice = Decimal(string: text)!
      try await ShopwireClient(url: Product.edge).publish(event)
      #expect(try await Product.stored(shop).map(\.productPrice) == [event.productPrice])
    }

    @Test func keepsACreateTimeToTheLastDigit() async throws {
      var event = sampleEvent(shop: shop)
      event.createTime = Timestamp("2023-12-18T10:30:00.123456789+05:45")!
      try await ShopwireClient(url: Product.edge).publish(event)
      #expect(try await Product.stored(shop).map(\.createTime) == [event.createTime])
    }

    @Test func publishesAnArrayInItsOrder() async throws {
      let events = (1...1000).map { sampleEvent(shop: shop, number: $0) }
      let sequences = try await ShopwireClient(url: Product.edge).publish(events)
      #expect(sequences == sequences.sorted() && sequences.count == 1000)
      #expect(try await Product.stored(shop).map(\.event) == events)
      #expect(try await ShopwireClient(url: Product.edge).publish([]) == [])
    }

    @Test func throwsAProblemWithTheWrongFields() async throws {
      var wrong = sampleEvent(shop: shop)
      wrong.sessionID = UUID(uuidString: "00000000-0000-1000-8000-000000000000")!
      wrong.actionID = 1 << 53
      let client = ShopwireClient(url: Product.edge)
      let problem = try await refusal { try await client.publish([sampleEvent(shop: shop), wrong]) }
      #expect(problem.status == 422)
      #expect(problem.code == "system.invalidParams")
      #expect(problem.requestID != nil)
      #expect(Set(problem.errors.map(\.field)) == ["session_id", "action_id"])
      #expect(problem.errors.allSatisfy { $0.eventIndex == 1 })
      #expect(try await Product.stored(shop) == [])
    }

    @Test func storesOnceIfAnswersGetLost() async throws {
      let door = try await PlayedDoor([
        .init(do: "lose", times: 2), .init(do: "cut"), .answer(503, ["Retry-After": "0"]),
      ])
      let sequence = try await ShopwireClient(url: door.url, retry: quick).publish(sampleEvent(shop: shop))
      #expect(try await Product.stored(shop).map(\.sequence) == [sequence])
      let requests = try await door.requests
      #expect(requests.count == 5)
      #expect(Set(requests.map { $0.headers["idempotency-key"] }).count == 1)
      #expect(Set(requests.map(\.body)).count == 1)
    }

    @Test func waitsAsLongAsRetryAfterSays() async throws {
      let door = try await PlayedDoor([.answer(problem: "system.tooManyRequests", 429, retryAfter: "1")])
      let client = ShopwireClient(
        url: door.url, retry: RetryPolicy(firstDelay: .milliseconds(20), longestDelay: .seconds(2)))
      try await client.publish(sampleEvent(shop: shop))
      let times = try await door.requests.map(\.atMs)
      #expect(times.count == 2 && times[1] - times[0] >= 990)
    }

    @Test func throwsWhatTheTokenProviderThrows() async throws {
      struct NoAccount: Error {}
      let client = ShopwireClient(url: Product.edge, token: { _ in throw NoAccount() })
      await #expect(throws: NoAccount.self) { try await client.publish(sampleEvent(shop: shop)) }
      let offline = ShopwireClient(
        url: Product.edge, token: { _ in throw URLError(.notConnectedToInternet) }, retry: quick)
      await #expect(throws: URLError.self) { try await offline.publish(sampleEvent(shop: shop)) }
    }

    /// The other server must not get the events, or the token.
    @Test(arguments: [301, 302, 303, 307, 308])
    func followsNoRedirect(_ status: Int) async throws {
      let other = try await PlayedDoor()
      let target = other.url.appending(path: "publish/\(shop.lowercased)").absoluteString
      let door = try await PlayedDoor([.answer(status, ["Location": target])])
      let client = ShopwireClient(url: door.url, token: { _ in "secret" }, retry: quick)
      let problem = try await refusal { try await client.publish(sampleEvent(shop: shop)) }
      #expect(problem.status == status && !problem.isFromShopwire)
      #expect(try await other.requests.count == 0)
    }

    @Test func givesUpAfterItsAttempts() async throws {
      let door = try await PlayedDoor([.answer(problem: "system.serviceUnavailable", 503, times: 100, retryAfter: "0")])
      let client = ShopwireClient(url: door.url, retry: quick)
      let problem = try await refusal { try await client.publish(sampleEvent(shop: shop)) }
      #expect(problem.status == 503 && problem.retryAfter == .zero)
      #expect(try await door.requests.count == quick.attempts)
    }

    /// After 10 minutes the server would take a repetition for a new event.
    @Test(.timeLimit(.minutes(2))) func givesUpBeforeTheServerForgetsItsKey() async throws {
      let door = try await PlayedDoor([.answer(503, times: 100)])
      let slow = RetryPolicy(firstDelay: .seconds(2000), longestDelay: .seconds(2000), attempts: 100)
      let problem = try await refusal {
        try await ShopwireClient(url: door.url, retry: slow).publish(sampleEvent(shop: shop))
      }
      #expect(problem.status == 503)
      #expect(try await door.requests.count == 1)
    }

    @Test func doesNotTakeTheLoginPageOfAWiFiForSuccess() async throws {
      let door = try await PlayedDoor([.answer(200, ["Content-Type": "text/html"], "<h1>Welcome</h1>", times: 2)])
      let client = ShopwireClient(url: door.url, retry: quick)
      await #expect(throws: UnexpectedAnswer.self) { try await client.publish(sampleEvent(shop: shop)) }
      await #expect(throws: UnexpectedAnswer.self) { try await client.publish([sampleEvent(shop: shop)]) }
      #expect(try await Product.stored(shop) == [])
    }

    @Test func asksForAFreshTokenWhenTheServerRefusesOne() async throws {
      let asked = Locked<[Bool]>([])
      let client = ShopwireClient(
        url: Product.guardedEdge,
        token: { refresh in
          asked.withLock { $0.append(refresh) }
          return refresh ? Product.token : Product.expiredToken
        })
      try await client.publish(sampleEvent(shop: Product.guardedShop))
      #expect(asked.withLock { $0 } == [false, true])
    }

    @Test func asksOnceForManyRequestsThatAreRefusedAtATime() async throws {
      let refreshes = Locked(0)
      let client = ShopwireClient(
        url: Product.guardedEdge,
        token: { refresh in
          if !refresh { return Product.expiredToken }
          refreshes.withLock { $0 += 1 }
          try await Task.sleep(for: .seconds(2))
          return Product.token
        })
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 1...8 { group.addTask { try await client.publish(sampleEvent(shop: Product.guardedShop)) } }
        try await group.waitForAll()
      }
      #expect(refreshes.withLock { $0 } < 8)
    }

    @Test func throwsTheRefusalOfATokenThatCannotBeRenewed() async throws {
      let client = ShopwireClient(url: Product.guardedEdge, token: { _ in Product.expiredToken })
      let problem = try await refusal { try await client.publish(sampleEvent(shop: Product.guardedShop)) }
      #expect(problem.status == 401 && problem.code == "auth.invalidToken")
      let anonymous = ShopwireClient(url: Product.guardedEdge)
      let missing = try await refusal { try await anonymous.publish(sampleEvent(shop: Product.guardedShop)) }
      #expect(missing.status == 401)
    }

    @Test func canBeCancelledWhileItWaits() async throws {
      let door = try await PlayedDoor([.init(do: "hang")])
      let client = ShopwireClient(url: door.url)
      let task = Task { try await client.publish(sampleEvent(shop: shop)) }
      try await until("the request") { try await door.requests.count == 1 }
      task.cancel()
      await #expect(throws: (any Error).self) { try await task.value }
    }
  }
}
