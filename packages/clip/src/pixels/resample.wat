;; The two passes of a resize of RGB bytes, in whole numbers. Made into resample.wasm by scripts/make-wasm.ts.
;; Addresses and lengths are in bytes. Up to 15 bytes behind the source are read, and up to 15 behind the result are written.
(module
  (memory (export "memory") 1)

  ;; A half in fixed point with 22 bits behind the point, so that the shift at the end rounds.
  (global $half i32 (i32.const 2097152))

  ;; Along rows. $first: for each output place its first input place, in bytes from the start of a row; $count: how many it reads;
  ;; $weights: theirs, $stride of them for each output place. All are int32.
  (func (export "across")
    (param $source i32) (param $line i32) (param $rows i32)
    (param $first i32) (param $count i32) (param $weights i32) (param $stride i32)
    (param $width i32) (param $to i32)
    (local $x i32) (local $from i32) (local $weight i32) (local $end i32) (local $sum v128)
    (local.set $stride (i32.shl (local.get $stride) (i32.const 2)))
    (loop $row
      (if (local.get $rows)
        (then
          (local.set $x (i32.const 0))
          (loop $place
            (local.set $from
              (i32.add (local.get $source) (i32.load (i32.add (local.get $first) (i32.shl (local.get $x) (i32.const 2))))))
            (local.set $weight (i32.add (local.get $weights) (i32.mul (local.get $x) (local.get $stride))))
            (local.set $end
              (i32.add (local.get $weight)
                (i32.shl (i32.load (i32.add (local.get $count) (i32.shl (local.get $x) (i32.const 2)))) (i32.const 2))))
            (local.set $sum (i32x4.splat (global.get $half)))
            (loop $tap
              ;; Red, green, blue, and the next pixel's red, which nobody reads.
              (local.set $sum
                (i32x4.add (local.get $sum)
                  (i32x4.mul
                    (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $from))))
                    (v128.load32_splat (local.get $weight)))))
              (local.set $from (i32.add (local.get $from) (i32.const 3)))
              (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
              (br_if $tap (i32.lt_u (local.get $weight) (local.get $end))))
            (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 22)))
            (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
            (v128.store32_lane 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
            (local.set $to (i32.add (local.get $to) (i32.const 3)))
            (local.set $x (i32.add (local.get $x) (i32.const 1)))
            (br_if $place (i32.lt_u (local.get $x) (local.get $width))))
          (local.set $source (i32.add (local.get $source) (local.get $line)))
          (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
          (br $row)))))

  ;; Along columns: sixteen bytes of a row at a time. $first: for each output row its first input row, in bytes from the source.
  (func (export "down")
    (param $source i32) (param $line i32) (param $height i32)
    (param $first i32) (param $count i32) (param $weights i32) (param $stride i32)
    (param $to i32)
    (local $at i32) (local $from i32) (local $weight i32) (local $end i32) (local $bytes v128) (local $low v128) (local $high v128)
    (local $factor v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $stride (i32.shl (local.get $stride) (i32.const 2)))
    (loop $row
      (if (local.get $height)
        (then
          (local.set $at (i32.const 0))
          (local.set $end (i32.add (local.get $weights) (i32.shl (i32.load (local.get $count)) (i32.const 2))))
          (loop $block
            (local.set $from (i32.add (i32.add (local.get $source) (i32.load (local.get $first))) (local.get $at)))
            (local.set $weight (local.get $weights))
            (local.set $a (i32x4.splat (global.get $half)))
            (local.set $b (local.get $a))
            (local.set $c (local.get $a))
            (local.set $d (local.get $a))
            (loop $tap
              (local.set $factor (v128.load32_splat (local.get $weight)))
              (local.set $bytes (v128.load (local.get $from)))
              (local.set $low (i16x8.extend_low_i8x16_u (local.get $bytes)))
              (local.set $high (i16x8.extend_high_i8x16_u (local.get $bytes)))
              (local.set $a
                (i32x4.add (local.get $a) (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $low)) (local.get $factor))))
              (local.set $b
                (i32x4.add (local.get $b) (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $low)) (local.get $factor))))
              (local.set $c
                (i32x4.add (local.get $c) (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $high)) (local.get $factor))))
              (local.set $d
                (i32x4.add (local.get $d) (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $high)) (local.get $factor))))
              (local.set $from (i32.add (local.get $from) (local.get $line)))
              (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
              (br_if $tap (i32.lt_u (local.get $weight) (local.get $end))))
            (local.set $a
              (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22))))
            (local.set $c
              (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22))))
            (v128.store (i32.add (local.get $to) (local.get $at)) (i8x16.narrow_i16x8_u (local.get $a) (local.get $c)))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br_if $block (i32.lt_u (local.get $at) (local.get $line))))
          (local.set $to (i32.add (local.get $to) (local.get $line)))
          (local.set $first (i32.add (local.get $first) (i32.const 4)))
          (local.set $count (i32.add (local.get $count) (i32.const 4)))
          (local.set $weights (i32.add (local.get $weights) (local.get $stride)))
          (local.set $height (i32.sub (local.get $height) (i32.const 1)))
          (br $row))))))
