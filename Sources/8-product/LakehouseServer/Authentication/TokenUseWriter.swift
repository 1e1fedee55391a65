import Base
import Identity
import Lakehouse
import Logging
import ServiceLifecycle

/// Writes down once a minute when tokens were last used.
///
/// Not at each request: that would be a write to the metastore for every read.
struct TokenUseWriter: Service {
    let lake: Lakehouse
    let logger: Logger
    let interval = Duration.seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await lake.time.waitInBackground(for: interval)) != nil { await write() }
        }
        await write()
    }

    private func write() async {
        do { try await lake.identityInUse?.writeUses() } catch {
            logger.warning("cannot write down the use of tokens", metadata: ["error": "\(error.message)"])
        }
    }
}
