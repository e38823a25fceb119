import Foundation
import Testing

@testable import Shopwire

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension OnTheProduct {
  @Suite(.serialized) struct OutboxTests {
    let shop = UUID()
    let directory: TemporaryDirectory

    init() throws {
      directory = try TemporaryDirectory()
    }

    private func open(_ url: URL = Product.edge, token: TokenProvider? = nil, retry: RetryPolicy = quick) throws
      -> Outbox
    {
      try Outbox(directory: directory.url, shop: shop, client: ShopwireClient(url: url, token: token, retry: retry))
    }

    private func events(_ numbers: ClosedRange<Int>) -> [PublishEvent] {
      numbers.map { sampleEvent(shop: shop, number: $0) }
    }

    private func untilEmpty(_ outbox: Outbox) async throws {
      try await until("an empty queue") { await outbox.status.queued == 0 }
    }

    private func storedNumbers() async throws -> [Int] {
      try await Product.stored(shop).map(\.actionID)
    }

    @Test func sendsInOrderAndInArrays() async throws {
      let door = try await PlayedDoor()
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...2500))
      #expect(try await door.requests.count == 0)
      await outbox.start()
      try await untilEmpty(outbox)
      try await outbox.enqueue(sampleEvent(shop: shop, number: 2501))
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == Array(1...2501))
      let requests = try await door.requests
      #expect(requests.map { $0.headers["producer-seq"] } == ["1", "2", "3", "4"])
      let producer = await outbox.producer
      #expect(Set(requests.map { $0.headers["producer-id"] }) == [producer.id.uuidString.lowercased()])
      #expect(Set(requests.map { $0.headers["producer-epoch"] }) == ["0"])
      #expect(requests.last?.body.first == "{")
      #expect(await outbox.status == Outbox.Status(queued: 0, setAside: 0, obstacle: nil))
    }

    @Test func keepsItsRequestsBelowTheLargestBody() async throws {
      let door = try await PlayedDoor()
      let outbox = try open(door.url)
      let large = (1...200).map { sampleEvent(shop: shop, number: $0, name: String(repeating: "x", count: 7000)) }
      try await outbox.enqueue(large)
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == Array(1...200))
      let sizes = try await door.requests.map(\.body.utf8.count)
      #expect(sizes.count == 2 && sizes.allSatisfy { $0 <= Limits.maxBodyBytes })
    }

    @Test func sendsAfterARestartWhatItHadQueuedOffline() async throws {
      do {
        // Nobody listens there.
        let offline = try open(URL(string: "http://127.0.0.1:1")!)
        await offline.start()
        try await offline.enqueue(events(1...3))
        try await until("the obstacle") { await offline.status.obstacle == .offline }
        await offline.stop()
      }
      let outbox = try await until("the directory to be free") { try? open() }
      await outbox.start()
      try await outbox.enqueue(events(4...4))
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == [1, 2, 3, 4])
    }

    /// After each lost answer the same request is sent again, though more events have been queued.
    @Test func storesOnceIfAnswersGetLost() async throws {
      let door = try await PlayedDoor([.init(do: "lose"), .init(do: "cut"), .init(do: "lose"), .init(do: "lose")])
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...3))
      await outbox.start()
      try await until("the first attempts") { try await door.requests.count >= 2 }
      try await outbox.enqueue(events(4...4))
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == [1, 2, 3, 4])
      let first = try await door.requests.filter { $0.headers["producer-seq"] == "1" }
      #expect(first.count >= 2 && Set(first.map(\.body)).count == 1)
    }

    @Test func setsWrongEventsAsideAndSendsTheRest() async throws {
      var all = events(1...9)
      for index in [2, 3, 8] { all[index].sessionID = UUID(uuidString: "00000000-0000-1000-8000-000000000000")! }
      let door = try await PlayedDoor()
      let outbox = try open(door.url)
      try await outbox.enqueue(all)
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == [1, 2, 5, 6, 7, 8])
      let aside = await outbox.setAside
      #expect(aside.map(\.event) == [all[2], all[3], all[8]])
      #expect(aside.allSatisfy { $0.code == "system.invalidParams" && $0.errors.map(\.pointer) == ["#/session_id"] })
      // The sequences of what was stored have no gap.
      try await outbox.enqueue(events(10...10))
      try await untilEmpty(outbox)
      #expect(try await door.requests.last?.headers["producer-seq"] == "3")
      await outbox.stop()
    }

    @Test func asksNotForEachOfManyWrongEvents() async throws {
      let door = try await PlayedDoor()
      let outbox = try open(door.url)
      let wrong = events(1...300).map { event in
        var wrong = event
        wrong.actionID = 1 << 53
        return wrong
      }
      try await outbox.enqueue(wrong + events(1...1))
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(await outbox.setAside.map(\.event) == wrong)
      #expect(try await storedNumbers() == [1])
      // An answer names 100 wrong fields.
      #expect(Set(try await door.requests.map(\.body)).count <= 5)
    }

    @Test func setsATooLargeEventAside() async throws {
      let outbox = try open()
      var all = events(1...5)
      all[3].productName = String(repeating: "x", count: 9000)
      try await outbox.enqueue(all)
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == [1, 2, 3, 5])
      #expect(await outbox.setAside.map(\.code) == ["store.eventTooLarge"])
    }

    @Test func refusesWhatNoRequestCouldCarry() async throws {
      let outbox = try open()
      let huge = sampleEvent(shop: shop, name: String(repeating: "x", count: 800_000))
      await #expect(throws: EventTooLarge.self) { try await outbox.enqueue(huge) }
      await #expect(throws: OtherShop.self) { try await outbox.enqueue(sampleEvent()) }
      #expect(await outbox.status.queued == 0)
    }

    @Test func queuesSetAsideEventsAgainIfTheAppAsks() async throws {
      let door = try await PlayedDoor([.answer(problem: "system.invalidParams", 422)])
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...1))
      await outbox.start()
      try await untilEmpty(outbox)
      let aside = await outbox.setAside
      #expect(aside.map(\.reason) == ["played"])
      try await outbox.enqueueSetAside(aside.map(\.id))
      try await untilEmpty(outbox)
      #expect(await outbox.setAside == [])
      #expect(try await storedNumbers() == [1])
      #expect(try await door.requests.map { $0.headers["producer-seq"] } == ["1", "1"])
    }

    @Test func keepsTheSharedSessionOfAnEventThatIsQueuedAgain() async throws {
      let door = try await PlayedDoor([.answer(problem: "system.invalidParams", 422)])
      let outbox = try open(door.url)
      let party = SharedSession(id: "party~1", name: "Zoë", invite: "a-b_c")
      try await outbox.enqueue(events(1...1), sharedSession: party)
      await outbox.start()
      try await untilEmpty(outbox)
      let aside = await outbox.setAside
      #expect(aside.map(\.sharedSession) == [party])
      try await outbox.enqueueSetAside(aside.map(\.id))
      try await untilEmpty(outbox)
      #expect(try await Product.stored(shop).map(\.sharedSession) == ["party~1"])
      let last = try #require(try await door.requests.last)
      #expect(last.headers["shared-session-name"] == "Zo%C3%AB")
      #expect(last.headers["shared-session-invite"] == "a-b_c")
      #expect(!last.body.contains("a-b_c"))
    }

    /// The name and the invitation of a request are those of its last event that names a session.
    @Test func leavesASharedSessionByAnEmptyID() async throws {
      let door = try await PlayedDoor()
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...1), sharedSession: SharedSession(id: "first", name: "Ann"))
      try await outbox.enqueue(events(2...2), sharedSession: SharedSession(id: "second", name: "Bob"))
      try await outbox.enqueue(events(3...3))
      await outbox.start()
      try await untilEmpty(outbox)
      try await outbox.enqueue(events(4...4), sharedSession: SharedSession(id: ""))
      try await untilEmpty(outbox)
      #expect(await outbox.setAside == [])
      #expect(try await Product.stored(shop).map(\.sharedSession) == ["first", "second", nil, nil])
      let requests = try await door.requests
      #expect(requests.map { $0.headers["shared-session-name"] } == ["Bob", nil])
      #expect(requests.last?.body.contains("\"shared_session\":null") == true)
    }

    @Test func storesEventsThoughTheServerRefusesTheShoppersName() async throws {
      let door = try await PlayedDoor()
      let outbox = try open(door.url)
      await outbox.start()
      let id = "party~\(shop.lowercased)"
      for (number, name) in [(1, " "), (2, " "), (3, "Zoë")] {
        try await outbox.enqueue(events(number...number), sharedSession: SharedSession(id: id, name: name))
        try await untilEmpty(outbox)
      }
      #expect(await outbox.setAside == [])
      #expect(try await Product.stored(shop).map(\.sharedSession) == [id, id, id])
      #expect(try await door.requests.map { $0.headers["shared-session-name"] } == ["%20", nil, nil, "Zo%C3%AB"])
      // Nobody has started it.
      try await until("the status") {
        try await outbox.enqueue(events(4...4), sharedSession: SharedSession(id: id, name: "Zoë"))
        try await untilEmpty(outbox)
        return await outbox.status.sharedSession == "session.notStarted"
      }
    }

    /// An answer of something between app and server says nothing of the events.
    @Test func setsNothingAsideForAProxysAnswers() async throws {
      let html = ["Content-Type": "text/html"]
      let door = try await PlayedDoor([
        .answer(422, html, "<h1>422</h1>"), .answer(409, html), .answer(404, html),
        .answer(200, html, "<h1>Welcome</h1>"),
        .answer(302, ["Location": "http://127.0.0.1:1/"]), .answer(400), .answer(502), .answer(204),
      ])
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...2))
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(await outbox.setAside == [])
      #expect(try await storedNumbers() == [1, 2])
    }

    /// No event that the server takes is too large for a proxy that is set up well; one that the server never takes must not hold up others.
    @Test func setsAnEventAsideForAProxyOnlyIfItIsTooLargeForTheServerToo() async throws {
      let door = try await PlayedDoor([.answer(413, ["Content-Type": "text/html"], times: 2)])
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...1))
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(await outbox.setAside == [])
      try await door.set([.answer(413, ["Content-Type": "text/html"])])
      try await outbox.enqueue(sampleEvent(shop: shop, name: String(repeating: "x", count: 9000)))
      try await untilEmpty(outbox)
      #expect(await outbox.setAside.count == 1)
      #expect(try await storedNumbers() == [1])
    }

    @Test func halvesAnArrayThatIsTooLargeForAProxy() async throws {
      let door = try await PlayedDoor([.answer(413, ["Content-Type": "text/html"], times: 2)])
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...8))
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == Array(1...8))
      #expect(await outbox.setAside == [])
      #expect(try await door.requests.map { $0.headers["producer-seq"] }.prefix(3) == ["1", "1", "1"])
    }

    /// An hour, shortened: the waits are a fiftieth of the usual ones, so 6 s are 5 minutes.
    @Test(arguments: [429, 503])
    func comesBackBoundedlyOftenFromABusyServer(_ status: Int) async throws {
      let door = try await PlayedDoor([.answer(problem: "system.tooManyRequests", status, forMs: 6000, retryAfter: "0")]
      )
      let outbox = try open(
        door.url, retry: RetryPolicy(firstDelay: .milliseconds(20), longestDelay: .milliseconds(1200)))
      await outbox.start()
      // New events do not make it come back earlier.
      for number in 1...50 {
        try await outbox.enqueue(events(number...number))
        try await Task.sleep(for: .milliseconds(50))
      }
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == Array(1...50))
      let times = try await door.requests.map(\.atMs)
      // By then it waits at least 600 ms.
      let late = times.filter { $0 > times[0] + 3000 && $0 < times[0] + 6000 }
      #expect(late.count <= 6)
    }

    @Test func comesBackBoundedlyOftenFromABusyServerEvenIfTheAppAsksAllTheTime() async throws {
      let door = try await PlayedDoor([.answer(problem: "system.tooManyRequests", 429, forMs: 2000, retryAfter: "0")])
      let outbox = try open(door.url, retry: RetryPolicy(firstDelay: .milliseconds(200), longestDelay: .seconds(100)))
      try await outbox.enqueue(events(1...1))
      await outbox.start()
      while await outbox.status.queued > 0 {
        await outbox.sendNow()
        try await Task.sleep(for: .milliseconds(5))
      }
      // At least 100 ms between two.
      #expect(try await door.requests.count <= 22)
      #expect(try await storedNumbers() == [1])
    }

    @Test func neverComesBackBeforeRetryAfterEvenIfTheAppAsks() async throws {
      let door = try await PlayedDoor([.answer(problem: "system.tooManyRequests", 429, retryAfter: "2")])
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...1))
      await outbox.start()
      try await until("the obstacle") { await outbox.status.obstacle != nil }
      for _ in 1...10 { await outbox.sendNow() }
      try await untilEmpty(outbox)
      let times = try await door.requests.map(\.atMs)
      #expect(times.count == 2 && times[1] - times[0] >= 1990)
    }

    @Test func sendsAtOnceWhenTheAppAsks() async throws {
      let door = try await PlayedDoor([.init(do: "cut")])
      let outbox = try open(door.url, retry: RetryPolicy(firstDelay: .seconds(1), longestDelay: .seconds(1000)))
      try await outbox.enqueue(events(1...1))
      await outbox.start()
      try await until("the obstacle") { await outbox.status.obstacle == .offline }
      await outbox.sendNow()
      try await untilEmpty(outbox)
    }

    /// The date of `Retry-After`, and so the server's clock, is 25 years behind this machine's.
    @Test func isNotMisledByAClockThatJumps() async throws {
      let headers = [
        "Date": "Mon, 01 Jan 2001 00:00:00 GMT", "Retry-After": "Mon, 01 Jan 2001 00:00:01 GMT",
        "Content-Type": "application/problem+json",
      ]
      let door = try await PlayedDoor([.answer(503, headers, "{\"detail\":\"busy\"}")])
      let outbox = try open(door.url)
      var all = events(1...3)
      // What the phone's clock said when they happened; the order is that of queueing.
      all[0].createTime = Timestamp("2038-01-19T03:14:08Z")!
      all[2].createTime = Timestamp("1970-01-01T00:00:00Z")!
      for event in all { try await outbox.enqueue(event) }
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(try await Product.stored(shop).map(\.event) == all)
      let times = try await door.requests.map(\.atMs)
      #expect(times.count == 2 && times[1] - times[0] >= 990)
    }

    @Test func keepsEventsWhoseTokenExpiredInTheQueue() async throws {
      let token = Locked<String?>(Product.expiredToken)
      let directory = try TemporaryDirectory()
      let client = ShopwireClient(url: Product.guardedEdge, token: { _ in token.withLock { $0 } }, retry: quick)
      let outbox = try Outbox(directory: directory.url, shop: Product.guardedShop, client: client)
      let event = sampleEvent(shop: Product.guardedShop, number: Int.random(in: 1000...1 << 50))
      try await outbox.enqueue(event)
      await outbox.start()
      let refused: () async throws -> Bool = {
        if case .refused(let problem) = await outbox.status.obstacle { problem.status == 401 } else { false }
      }
      try await until("the refusal", refused)
      // Signed out.
      token.withLock { $0 = nil }
      try await until("the refusal", refused)
      #expect(await outbox.status.queued == 1)
      token.withLock { $0 = Product.token }
      try await untilEmpty(outbox)
      #expect(await outbox.setAside == [])
      for try await case .event(let shown) in client.feed(of: Product.guardedShop, after: 0) where shown.event == event
      { break }
    }

    @Test func keepsEventsWhileThereIsNoToken() async throws {
      struct NoNetwork: Error {}
      let isOffline = Locked(true)
      let outbox = try open(token: { _ in if isOffline.withLock({ $0 }) { throw NoNetwork() } else { nil } })
      try await outbox.enqueue(events(1...1))
      await outbox.start()
      try await until("the obstacle") { await outbox.status.obstacle == .noToken("NoNetwork()") }
      isOffline.withLock { $0 = false }
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == [1])
    }

    @Test func tellsAnUnknownErrorFromOneOfTheTokenProvider() {
      struct Unknown: Error {}
      #expect(Outbox.Obstacle(Unknown()) == .unexpected("Unknown()"))
      #expect(Outbox.Obstacle(TokenFailure(cause: Unknown())) == .noToken("Unknown()"))
      #expect(Outbox.Obstacle(TokenFailure(cause: URLError(.notConnectedToInternet))) == .offline)
    }

    @Test func canBeOpenOnlyOnce() async throws {
      var first: Outbox? = try open()
      #expect(throws: OutboxInUse.self) { try open() }
      await first?.start()
      await first?.stop()
      first = nil
      _ = try await until("the directory to be free") { try? open() }
    }

    @Test func givesUpARequestThatHangsWhenItIsStopped() async throws {
      let door = try await PlayedDoor([.init(do: "hang")])
      let outbox = try open(door.url)
      try await outbox.enqueue(events(1...1))
      await outbox.start()
      try await until("the request") { try await door.requests.count == 1 }
      await outbox.stop()
      #expect(await outbox.status.queued == 1)
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == [1])
    }

    /// The app goes to the background and comes back at once.
    @Test func sendsIfItIsStartedWhileItStops() async throws {
      let token = SlowToken()
      let outbox = try open(token: token.get)
      try await outbox.enqueue(events(1...1))
      await outbox.start()
      try await until("the request for a token") { token.isAskedFor }
      let stop = Task { await outbox.stop() }
      try await until("the stop") { token.isGivenUp }
      await outbox.start()
      token.come()
      await stop.value
      try await until("the event to be sent") { await outbox.status.queued == 0 }
      #expect(try await storedNumbers() == [1])
      await outbox.stop()
    }

    /// Nothing of this request is stored under its sequence, and it is not wrong either.
    @Test(arguments: ["store.producerConflict", "store.producerGaps"])
    func sendsARequestAgainWithANewID(_ code: String) async throws {
      let door = try await PlayedDoor([.init(do: "pass"), .answer(problem: code, 409)])
      let outbox = try open(door.url)
      let producer = await outbox.producer
      await outbox.start()
      for number in 1...3 {
        try await outbox.enqueue(events(number...number))
        try await untilEmpty(outbox)
      }
      #expect(await outbox.setAside == [])
      #expect(try await storedNumbers() == [1, 2, 3])
      #expect(try await door.requests.map { $0.headers["producer-seq"] } == ["1", "2", "1", "2"])
      #expect(await outbox.producer.id != producer.id)
    }

    @Test func sendsTheWholeQueueWithANewIDWhenItIsFenced() async throws {
      let door = try await PlayedDoor([.answer(problem: "store.producerFenced", 409)])
      let outbox = try open(door.url)
      let producer = await outbox.producer
      try await outbox.enqueue(events(1...1500))
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(await outbox.setAside == [])
      let next = await outbox.producer
      #expect(next.id != producer.id)
      try await outbox.enqueue(events(1501...1501))
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == Array(1...1501))
      let requests = try await door.requests
      #expect(requests.map { $0.headers["producer-seq"] } == ["1", "1", "2", "3"])
      #expect(requests.map { $0.headers["producer-id"] } == [producer, next, next, next].map(\.id.lowercased))
    }

    @Test func sharesNothingWithAnotherDeviceThatSendsAsTheSameProducer() async throws {
      let outbox = try open()
      let producer = await outbox.producer
      await outbox.start()
      try await outbox.enqueue(events(1...1))
      try await untilEmpty(outbox)
      #expect(try await Product.post(sampleEvent(shop: shop, number: 100), as: producer, sequence: 2).statusCode == 200)
      try await outbox.enqueue(events(2...2))
      try await untilEmpty(outbox)
      #expect(await outbox.setAside == [])
      try await outbox.enqueue(events(3...3))
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == [1, 100, 2, 3])
    }

    @Test func isFencedByAHigherEpoch() async throws {
      let outbox = try open()
      let producer = await outbox.producer
      let other = Producer(id: producer.id, epoch: producer.epoch + 1)
      #expect(try await Product.post(sampleEvent(shop: shop, number: 100), as: other, sequence: 1).statusCode == 200)
      try await outbox.enqueue(events(1...2))
      await outbox.start()
      try await untilEmpty(outbox)
      #expect(await outbox.setAside == [])
      #expect(await outbox.producer.id != producer.id)
      try await outbox.enqueue(events(3...3))
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == [100, 1, 2, 3])
    }

    /// Somebody copied the directory while requests waited in it: both send the same, which is stored once.
    @Test func storesOnceWhatACopyOfItsDirectorySendsToo() async throws {
      let door = try await PlayedDoor([.init(do: "lose", times: 3)])
      let copy = try TemporaryDirectory()
      do {
        let outbox = try open(door.url)
        try await outbox.enqueue(events(1...3))
        await outbox.start()
        try await until("an attempt") { try await door.requests.count >= 1 }
        await outbox.stop()
      }
      for name in try FileManager.default.contentsOfDirectory(atPath: directory.url.path) {
        try FileManager.default.copyItem(at: directory.url.appending(path: name), to: copy.url.appending(path: name))
      }
      let client = ShopwireClient(url: Product.edge, retry: quick)
      let original = try await until("the directory to be free") { try? open() }
      let other = try Outbox(directory: copy.url, shop: shop, client: client)
      await original.start()
      await other.start()
      try await untilEmpty(original)
      try await untilEmpty(other)
      #expect(try await storedNumbers() == [1, 2, 3])
    }

    @Test func goesOnWithAQueueTornAtAnyByte() async throws {
      let outbox = try open()
      try await outbox.enqueue(events(1...4))
      let contents = try FileManager.default.contentsOfDirectory(at: directory.url, includingPropertiesForKeys: nil)
      let log = try #require(contents.first { $0.pathExtension == "log" })
      let content = try Data(contentsOf: log)
      for size in stride(from: 0, through: content.count, by: 97) {
        let copy = try TemporaryDirectory()
        let own = UUID()
        try content.prefix(size).write(to: copy.url.appending(path: log.lastPathComponent))
        try Data(contentsOf: directory.url.appending(path: "state")).write(to: copy.url.appending(path: "state"))
        let torn = try Outbox(directory: copy.url, shop: own, client: ShopwireClient(url: Product.edge, retry: quick))
        #expect(await torn.status.queued == Record.payloads(in: content.prefix(size)).count, "torn at \(size)")
        try await torn.enqueue(sampleEvent(shop: own))
      }
    }

    @Test(.enabled(if: Product.smallDisk != nil, "a disk to fill: only root can mount it, on Linux"))
    func losesNothingOnAFullDisk() async throws {
      let small = try TemporaryDirectory(in: Product.smallDisk!)
      let door = try await PlayedDoor([.answer(503, forMs: 60_000)])
      let client = ShopwireClient(url: door.url, retry: quick)
      let outbox = try Outbox(directory: small.url, shop: shop, client: client)
      await outbox.start()
      var queued: [Int] = []
      var number = 0
      while true {
        number += 1
        do {
          try await outbox.enqueue(sampleEvent(shop: shop, number: number, name: String(repeating: "x", count: 4000)))
          queued.append(number)
        } catch let error as FileError {
          #expect(error.isDiskFull, "\(error)")
          break
        }
      }
      #expect(queued.count > 10)
      // What is refused cannot be set aside now. It stays in the queue, and the status says why.
      try await door.set([.answer(problem: "system.invalidParams", 422, times: 1000)])
      try await until("the obstacle") {
        if case .disk(let error) = await outbox.status.obstacle { error.isDiskFull } else { false }
      }
      #expect(await outbox.status.queued == queued.count)
      #expect(await outbox.setAside == [])
      // The disk is still full, and it can send all the same.
      try await door.set([])
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == queued)
      // What was sent makes room for more.
      try await outbox.enqueue(events(number...number))
      try await untilEmpty(outbox)
      #expect(try await storedNumbers() == queued + [number])
    }
  }
}

/// A token provider that waits until the test lets it go on, even if its task is cancelled.
private final class SlowToken: Sendable {
  private struct State {
    var isAskedFor = false
    var isGivenUp = false
    var isThere = false
  }

  private let state = Locked(State())

  var isAskedFor: Bool { state.withLock(\.isAskedFor) }
  var isGivenUp: Bool { state.withLock(\.isGivenUp) }

  func get(_: Bool) async -> String? {
    while !state.withLock(\.isThere) {
      state.withLock { state in
        state.isAskedFor = true
        if Task.isCancelled { state.isGivenUp = true }
      }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return nil
  }

  func come() {
    state.withLock { $0.isThere = true }
  }
}
