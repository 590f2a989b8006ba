// To be imported before onnxruntime-node: since 1.29 it reports its use to its maker on Linux and macOS, leaves a device id in the user's
// home, and where that cannot be written a file `:memory:.ses` in the working directory. It reads this once, when it is loaded.
process.env['ORT_DISABLE_TELEMETRY'] = '1'
