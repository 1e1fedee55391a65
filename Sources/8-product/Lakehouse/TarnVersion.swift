/// The version of this build, as `tarn --version` and `/version` tell it.
public let tarnVersion = "0.1.0"
