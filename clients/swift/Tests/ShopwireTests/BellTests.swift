import Testing

@testable import Shopwire

@Suite struct BellTests {
  /// The end of so short a time must not come before the waiter.
  @Test(.timeLimit(.minutes(2))) func endsAWaitOfNoTime() async {
    let bell = Bell()
    for _ in 1...3000 { await bell.wait(for: .retry, atMost: .zero) }
  }

  @Test(.timeLimit(.minutes(2))) func wakesForItsReasonOnly() async {
    let bell = Bell()
    bell.ring(.retry)
    await bell.wait(for: .retry, atMost: nil)
    bell.ring(.retry)
    let waiter = Task { await bell.wait(for: .work, atMost: nil) }
    bell.ring(.work)
    await waiter.value
    // Remembered, since nobody waited for it.
    await bell.wait(for: .retry, atMost: nil)
  }

  @Test(.timeLimit(.minutes(2))) func endsWithItsTask() async {
    for _ in 1...300 {
      let waiter = Task { await Bell().wait(for: .work, atMost: .seconds(3600)) }
      waiter.cancel()
      await waiter.value
    }
  }
}
