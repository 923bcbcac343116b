/** @file The file store in a bucket of an S3 service (Amazon S3, MinIO, Ceph, R2 and others), through flydrive and Amazon's client. */
import { Disk } from "flydrive";
import type { FileStore } from "./fileStore.ts";
import { flydriveStore } from "./flydriveStore.ts";

/** Timeouts of a request to the service, ms. A page waits for a picture, so both are short; the client tries three times. */
const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** A bucket, and where in it the files are. */
export interface Bucket {
  bucket: string;
  /** The folder inside the bucket, such as "pickapic/"; "" for the whole bucket. */
  prefix: string;
  /** The address of the service, such as http://localhost:9000. Undefined: Amazon's, for the region. */
  endpoint?: string;
  region: string;
}

/** What a valid address looks like, for messages. */
export const BUCKET_FORM =
  "expected s3://bucket/folder, with ?endpoint=https://HOST for a service that is not Amazon's and &region=REGION; keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/** Reads an address such as `s3://bucket/folder?endpoint=http://localhost:9000&region=eu-central-1`. Null if it is none. */
export function parseBucket(address: string): Bucket | null {
  const url = URL.parse(address);
  if (url?.protocol !== "s3:" || !url.hostname || url.username || url.password || url.port) return null;
  if ([...url.searchParams.keys()].some((name) => name !== "endpoint" && name !== "region")) return null;
  const endpoint = url.searchParams.get("endpoint");
  const service = endpoint === null ? null : URL.parse(endpoint);
  if (endpoint !== null && !/^https?:$/.test(service?.protocol ?? "")) return null;
  if (service?.username || service?.password) return null;
  const folder = url.pathname.replaceAll(/^\/+|\/+$/g, "");
  return {
    bucket: url.hostname,
    prefix: folder && `${folder}/`,
    ...(endpoint !== null && { endpoint }),
    region: url.searchParams.get("region") ?? "us-east-1",
  };
}

/**
 * Opens the file store in a bucket. The credentials come from where Amazon's programs take them: AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine. Whether
 * the bucket can be used is seen at the first request.
 */
export async function bucketStore({ bucket, prefix, endpoint, region }: Bucket): Promise<FileStore> {
  // Only installations with a bucket pay for loading Amazon's client.
  const [{ S3Client }, { S3Driver }] = await Promise.all([import("@aws-sdk/client-s3"), import("flydrive/drivers/s3")]);
  const client = new S3Client({
    region,
    // Services other than Amazon's mostly have no host name for each bucket, and do not know Amazon's newer checksums.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true },
  });
  const disk = new Disk(new S3Driver({ client, bucket, visibility: "private", supportsACL: false }));
  return flydriveStore(
    `s3://${bucket}/${prefix}`,
    disk,
    prefix,
    (reason) => reason instanceof Error && reason.name === "NoSuchKey",
  );
}
