import Base
import Catalog
import FeatureStore
import HTTPTypes
import NIOCore

/// Feast's feature server: `POST /get-online-features`.
///
/// The hot path. The body goes to the online store's reader as it came from the socket and its answer goes back as it
/// is: no JSON document, no task, no lock in between.
struct FeastAPI: Sendable {
    /// Opened by the first request, or before.
    let features: @Sendable () async throws -> FeatureStoreService

    func makeRoutes() -> [Route] {
        [
            Route(.post, "/get-online-features", errors: .feast, isReading: true, isBounded: true) {
                request in
                let service = try await features()
                if !request.principal.isSystem {
                    let body = Array(request.body.readableBytesView)
                    return .json(bytes: try await service.onlineFeatures(body, for: request.principal))
                }
                let serving = service.serving
                let answer = try request.body.withUnsafeReadableBytes { bytes in
                    try serving.getOnlineFeatures(bytes.assumingMemoryBound(to: UInt8.self))
                }
                return .json(bytes: answer)
            }
        ]
    }
}
