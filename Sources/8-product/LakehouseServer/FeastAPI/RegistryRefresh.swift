import Base
import FeatureStore
import Lakehouse
import Logging
import ServiceLifecycle

/// Takes over what other processes apply to the feature registry while the server runs.
struct RegistryRefresh: Service {
    let lake: Lakehouse
    let logger: Logger
    let interval = Duration.seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var hasFailed = false
            while true {
                do {
                    _ = try await lake.features.refresh()
                    hasFailed = false
                } catch is CancellationError {
                    return
                } catch {
                    // Once, not every second; requests go on with what was known.
                    if !hasFailed {
                        logger.warning("cannot refresh the feature registry", metadata: ["error": "\(error)"])
                    }
                    hasFailed = true
                }
                do { try await lake.time.wait(for: interval) } catch { return }
            }
        }
    }
}
