import { transportContract } from "../runtime/transport/contract.ts";
import { ZmqStage } from "../runtime/transport/testing/zmq_stage.ts";
import { keyFileText, newKeyPair } from "../runtime/transport/zmq/key_file.ts";
import { parseKeys } from "../runtime/transport/zmq/keys.ts";

transportContract("zmq", () => new ZmqStage());

const keys = parseKeys(keyFileText(await newKeyPair()), "cluster.key", []);
transportContract("zmq with keys", () => new ZmqStage(keys));
