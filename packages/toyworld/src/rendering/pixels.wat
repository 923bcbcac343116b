;; The loops over pixels, for pixels.ts. Made into pixels.wasm by scripts/make-wasm.ts.
;; Arithmetic is in double precision and in the order of the formulas, so that the bytes of a picture are the same on every machine.
;; A picture is RGB, row by row; 16 bytes after its end may be read. A field is float32 with rows of `size` + 1 numbers: the first number of a row stands again
;; at its end, so that two pixels side by side can be read at once. Index 255 of a swizzle gives 0.
(module
  (memory (export "memory") 1)

  ;; Where the row of a field for a row of the picture begins, in bytes: the field wraps around.
  (func $rowOf (param $y i32) (param $size i32) (result i32)
    (i32.mul
      (select (local.get $y) (i32.sub (local.get $y) (local.get $size)) (i32.lt_s (local.get $y) (local.get $size)))
      (i32.shl (i32.add (local.get $size) (i32.const 1)) (i32.const 2))))

  ;; Two doubles as integers, each in the lower half of its lane: 1.5 x 2^52 leaves no bits for a fraction, so the sum is rounded, to even.
  (func $rounded (param $v v128) (result v128)
    (f64x2.add (local.get $v) (f64x2.splat (f64.const 6755399441055744))))

  ;; Stores two pixels of which each vector has one channel: rounded to even as Uint8ClampedArray rounds, and clamped. Only the first if `one`.
  (func $storeTwo (param $at i32) (param $r v128) (param $g v128) (param $b v128) (param $one i32)
    (local $bytes v128)
    (local.set $bytes
      (i8x16.swizzle
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (call $rounded (local.get $r)) (call $rounded (local.get $g)))
            (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (call $rounded (local.get $b)) (local.get $b)))
          (v128.const i32x4 0 0 0 0))
        (v128.const i8x16 0 2 4 1 3 5 255 255 255 255 255 255 255 255 255 255)))
    (if (local.get $one)
      (then
        (v128.store16_lane 0 (local.get $at) (local.get $bytes))
        (v128.store8_lane offset=2 2 (local.get $at) (local.get $bytes)))
      (else
        (v128.store32_lane 0 (local.get $at) (local.get $bytes))
        (v128.store16_lane offset=4 2 (local.get $at) (local.get $bytes)))))

  ;; The channel at byte `c` of two pixels side by side, as doubles.
  (func $red (param $at i32) (result v128)
    (f64x2.convert_low_i32x4_s (i8x16.swizzle (v128.load64_zero (local.get $at)) (v128.const i8x16 0 255 255 255 3 255 255 255 255 255 255 255 255 255 255 255))))
  (func $green (param $at i32) (result v128)
    (f64x2.convert_low_i32x4_s (i8x16.swizzle (v128.load64_zero (local.get $at)) (v128.const i8x16 1 255 255 255 4 255 255 255 255 255 255 255 255 255 255 255))))
  (func $blue (param $at i32) (result v128)
    (f64x2.convert_low_i32x4_s (i8x16.swizzle (v128.load64_zero (local.get $at)) (v128.const i8x16 2 255 255 255 5 255 255 255 255 255 255 255 255 255 255 255))))

  ;; For each byte: the sum of its taps, each a byte times a weight, plus `half`, divided by `scale`; then times `factor`; both rounded down and at most 255.
  ;; Sums are below 2^24, so a float32 has them, and its quotients reach no integer that the exact ones do not reach.
  ;; `taps` is a list of `pairs` records of int32: the address of the first byte of one tap and of another, and their two weights as int16. 16 bytes are
  ;; written at a time, so up to 15 after `length` are written too.
  (func (export "weigh") (param $taps i32) (param $pairs i32) (param $to i32) (param $length i32) (param $half i32) (param $scale f32) (param $factor f32)
    (local $i i32) (local $tap i32) (local $end i32) (local $a v128) (local $b v128) (local $low v128) (local $weights v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $end (i32.add (local.get $taps) (i32.mul (local.get $pairs) (i32.const 12))))
    (loop $next
      (local.set $s0 (i32x4.splat (local.get $half)))
      (local.set $s1 (local.get $s0))
      (local.set $s2 (local.get $s0))
      (local.set $s3 (local.get $s0))
      (local.set $tap (local.get $taps))
      (loop $more
        (local.set $a (v128.load (i32.add (i32.load (local.get $tap)) (local.get $i))))
        (local.set $b (v128.load (i32.add (i32.load offset=4 (local.get $tap)) (local.get $i))))
        (local.set $weights (v128.load32_splat offset=8 (local.get $tap)))
        (local.set $low (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $b)))
        (local.set $a (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $b)))
        (local.set $s0 (i32x4.add (local.get $s0) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $low)) (local.get $weights))))
        (local.set $s1 (i32x4.add (local.get $s1) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $low)) (local.get $weights))))
        (local.set $s2 (i32x4.add (local.get $s2) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $a)) (local.get $weights))))
        (local.set $s3 (i32x4.add (local.get $s3) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $a)) (local.get $weights))))
        (br_if $more (i32.lt_u (local.tee $tap (i32.add (local.get $tap) (i32.const 12))) (local.get $end))))
      (v128.store (i32.add (local.get $to) (local.get $i))
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (call $scaled (local.get $s0) (local.get $scale) (local.get $factor))
            (call $scaled (local.get $s1) (local.get $scale) (local.get $factor)))
          (i16x8.narrow_i32x4_s
            (call $scaled (local.get $s2) (local.get $scale) (local.get $factor))
            (call $scaled (local.get $s3) (local.get $scale) (local.get $factor)))))
      (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $length)))))

  ;; Sums that are not negative, divided by `scale`, at most 255, times `factor`.
  (func $scaled (param $sums v128) (param $scale f32) (param $factor f32) (result v128)
    (i32x4.trunc_sat_f32x4_s
      (f32x4.mul
        (f32x4.trunc (f32x4.pmin (f32x4.div (f32x4.convert_i32x4_s (local.get $sums)) (f32x4.splat (local.get $scale))) (f32x4.splat (f32.const 255))))
        (f32x4.splat (local.get $factor)))))

  ;; base = (luma - 128) contrast + lift - luma saturation;  c <- base + c saturation
  (func (export "grade") (param $at i32) (param $pixels i32) (param $saturation f64) (param $contrast f64) (param $lift f64)
    (local $r v128) (local $g v128) (local $b v128) (local $luma v128) (local $base v128)
    (loop $next
      (if (i32.gt_s (local.get $pixels) (i32.const 0))
        (then
          (local.set $r (call $red (local.get $at)))
          (local.set $g (call $green (local.get $at)))
          (local.set $b (call $blue (local.get $at)))
          (local.set $luma
            (f64x2.add
              (f64x2.add
                (f64x2.mul (f64x2.splat (f64.const 0.299)) (local.get $r))
                (f64x2.mul (f64x2.splat (f64.const 0.587)) (local.get $g)))
              (f64x2.mul (f64x2.splat (f64.const 0.114)) (local.get $b))))
          (local.set $base
            (f64x2.sub
              (f64x2.add
                (f64x2.mul (f64x2.sub (local.get $luma) (f64x2.splat (f64.const 128))) (f64x2.splat (local.get $contrast)))
                (f64x2.splat (local.get $lift)))
              (f64x2.mul (local.get $luma) (f64x2.splat (local.get $saturation)))))
          (call $storeTwo (local.get $at)
            (f64x2.add (local.get $base) (f64x2.mul (local.get $r) (f64x2.splat (local.get $saturation))))
            (f64x2.add (local.get $base) (f64x2.mul (local.get $g) (f64x2.splat (local.get $saturation))))
            (f64x2.add (local.get $base) (f64x2.mul (local.get $b) (f64x2.splat (local.get $saturation))))
            (i32.eq (local.get $pixels) (i32.const 1)))
          (local.set $at (i32.add (local.get $at) (i32.const 6)))
          (local.set $pixels (i32.sub (local.get $pixels) (i32.const 2)))
          (br $next)))))

  ;; l = luma grey, w = chroma warm;  r <- r + l + w,  g <- g + l + chroma green,  b <- b + l - w
  (func (export "grain")
    (param $at i32) (param $width i32) (param $height i32) (param $size i32) (param $ox i32) (param $oy i32)
    (param $grey i32) (param $warm i32) (param $green i32) (param $luma f64) (param $chroma f64)
    (local $x i32) (local $y i32) (local $row i32) (local $i i32) (local $l v128) (local $w v128)
    (loop $down
      (local.set $row (call $rowOf (i32.add (local.get $y) (local.get $oy)) (local.get $size)))
      (local.set $x (i32.const 0))
      (loop $right
        (local.set $i (i32.add (local.get $row) (call $column (i32.add (local.get $x) (local.get $ox)) (local.get $size))))
        (local.set $l
          (f64x2.mul (f64x2.splat (local.get $luma)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $grey) (local.get $i))))))
        (local.set $w
          (f64x2.mul (f64x2.splat (local.get $chroma)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $warm) (local.get $i))))))
        (call $storeTwo (local.get $at)
          (f64x2.add (f64x2.add (call $red (local.get $at)) (local.get $l)) (local.get $w))
          (f64x2.add
            (f64x2.add (call $green (local.get $at)) (local.get $l))
            (f64x2.mul (f64x2.splat (local.get $chroma)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $green) (local.get $i))))))
          (f64x2.sub (f64x2.add (call $blue (local.get $at)) (local.get $l)) (local.get $w))
          (i32.eq (i32.add (local.get $x) (i32.const 1)) (local.get $width)))
        (local.set $at (i32.add (local.get $at) (select (i32.const 3) (i32.const 6) (i32.eq (i32.add (local.get $x) (i32.const 1)) (local.get $width)))))
        (br_if $right (i32.lt_s (local.tee $x (i32.add (local.get $x) (i32.const 2))) (local.get $width))))
      (br_if $down (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height)))))

  ;; Where the column of a field for a column of the picture lies in its row, in bytes.
  (func $column (param $x i32) (param $size i32) (result i32)
    (i32.shl
      (select (local.get $x) (i32.sub (local.get $x) (local.get $size)) (i32.lt_s (local.get $x) (local.get $size)))
      (i32.const 2)))

  ;; luma = (77 r + 150 g + 29 b) / 256, rounded down
  (func (export "lumaOf") (param $at i32) (param $pixels i32) (param $luma i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $luma) (local.get $pixels)))
    (loop $next
      (i32.store8 (local.get $luma)
        (i32.shr_u
          (i32.add
            (i32.add
              (i32.mul (i32.const 77) (i32.load8_u (local.get $at)))
              (i32.mul (i32.const 150) (i32.load8_u offset=1 (local.get $at))))
            (i32.mul (i32.const 29) (i32.load8_u offset=2 (local.get $at))))
          (i32.const 8)))
      (local.set $at (i32.add (local.get $at) (i32.const 3)))
      (br_if $next (i32.lt_u (local.tee $luma (i32.add (local.get $luma) (i32.const 1))) (local.get $end)))))

  ;; The address in `dark` for the contrast of luma around the pixel at `p`: |right - left| + |below - above|. `up` and `down` are offsets in bytes.
  (func $darkAt (param $p i32) (param $x i32) (param $width i32) (param $reach i32) (param $up i32) (param $down i32) (param $dark i32) (result i32)
    (local $across i32) (local $along i32)
    (local.set $across
      (i32.sub
        (i32.load8_u (i32.add (local.get $p) (select (local.get $reach) (i32.const 0) (i32.lt_s (i32.add (local.get $x) (local.get $reach)) (local.get $width)))))
        (i32.load8_u (i32.sub (local.get $p) (select (local.get $reach) (i32.const 0) (i32.ge_s (local.get $x) (local.get $reach)))))))
    (local.set $along
      (i32.sub
        (i32.load8_u (i32.add (local.get $p) (local.get $down)))
        (i32.load8_u (i32.sub (local.get $p) (local.get $up)))))
    (i32.add (local.get $dark)
      (i32.shl
        (i32.add
          (select (local.get $across) (i32.sub (i32.const 0) (local.get $across)) (i32.ge_s (local.get $across) (i32.const 0)))
          (select (local.get $along) (i32.sub (i32.const 0) (local.get $along)) (i32.ge_s (local.get $along) (i32.const 0))))
        (i32.const 3))))

  ;; (paper - (paper - c) wash) dark + tooth
  (func $washed (param $paper f64) (param $c v128) (param $wash v128) (param $dark v128) (param $tooth v128) (result v128)
    (f64x2.add
      (f64x2.mul
        (f64x2.sub
          (f64x2.splat (local.get $paper))
          (f64x2.mul (f64x2.sub (f64x2.splat (local.get $paper)) (local.get $c)) (local.get $wash)))
        (local.get $dark))
      (local.get $tooth)))

  ;; Watercolour: wash = 0.8 + 0.16 pigment + 0.1 pool, tooth = 6 paper. `darks` has one double for each sum of two differences of luma.
  (func (export "paint")
    (param $at i32) (param $width i32) (param $height i32) (param $size i32) (param $ox i32) (param $oy i32)
    (param $pigment i32) (param $pool i32) (param $paper i32) (param $luma i32) (param $darks i32) (param $reach i32)
    (local $x i32) (local $y i32) (local $row i32) (local $i i32) (local $up i32) (local $down i32) (local $last i32)
    (local $wash v128) (local $dark v128) (local $tooth v128)
    (loop $below
      (local.set $row (call $rowOf (i32.add (local.get $y) (local.get $oy)) (local.get $size)))
      (local.set $up (select (i32.mul (local.get $reach) (local.get $width)) (i32.const 0) (i32.ge_s (local.get $y) (local.get $reach))))
      (local.set $down
        (select (i32.mul (local.get $reach) (local.get $width)) (i32.const 0) (i32.lt_s (i32.add (local.get $y) (local.get $reach)) (local.get $height))))
      (local.set $x (i32.const 0))
      (loop $right
        (local.set $last (i32.eq (i32.add (local.get $x) (i32.const 1)) (local.get $width)))
        (local.set $i (i32.add (local.get $row) (call $column (i32.add (local.get $x) (local.get $ox)) (local.get $size))))
        (local.set $wash
          (f64x2.add
            (f64x2.add
              (f64x2.splat (f64.const 0.8))
              (f64x2.mul (f64x2.splat (f64.const 0.16)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $pigment) (local.get $i))))))
            (f64x2.mul (f64x2.splat (f64.const 0.1)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $pool) (local.get $i)))))))
        (local.set $tooth
          (f64x2.mul (f64x2.splat (f64.const 6)) (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $paper) (local.get $i))))))
        (local.set $dark
          (v128.load64_zero (call $darkAt (local.get $luma) (local.get $x) (local.get $width) (local.get $reach) (local.get $up) (local.get $down) (local.get $darks))))
        (if (i32.eqz (local.get $last))
          (then
            (local.set $dark
              (v128.load64_lane 1
                (call $darkAt (i32.add (local.get $luma) (i32.const 1)) (i32.add (local.get $x) (i32.const 1)) (local.get $width) (local.get $reach) (local.get $up) (local.get $down) (local.get $darks))
                (local.get $dark)))))
        (call $storeTwo (local.get $at)
          (call $washed (f64.const 252) (call $red (local.get $at)) (local.get $wash) (local.get $dark) (local.get $tooth))
          (call $washed (f64.const 249) (call $green (local.get $at)) (local.get $wash) (local.get $dark) (local.get $tooth))
          (call $washed (f64.const 241) (call $blue (local.get $at)) (local.get $wash) (local.get $dark) (local.get $tooth))
          (local.get $last))
        (local.set $at (i32.add (local.get $at) (select (i32.const 3) (i32.const 6) (local.get $last))))
        (local.set $luma (i32.add (local.get $luma) (select (i32.const 1) (i32.const 2) (local.get $last))))
        (br_if $right (i32.lt_s (local.tee $x (i32.add (local.get $x) (i32.const 2))) (local.get $width))))
      (br_if $below (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height)))))

  ;; left + t (right - left), for two of the channels, where both are three channels side by side as int32.
  (func $between (param $left v128) (param $right v128) (param $t v128) (result v128)
    (f64x2.add
      (f64x2.convert_low_i32x4_s (local.get $left))
      (f64x2.mul (local.get $t) (f64x2.convert_low_i32x4_s (i32x4.sub (local.get $right) (local.get $left))))))

  ;; top + t (bottom - top) + 0.5, rounded down
  (func $mixed (param $top v128) (param $bottom v128) (param $t v128) (result v128)
    (call $rounded
      (f64x2.floor
        (f64x2.add
          (f64x2.add (local.get $top) (f64x2.mul (local.get $t) (f64x2.sub (local.get $bottom) (local.get $top))))
          (f64x2.splat (f64.const 0.5))))))

  ;; A number of the field `x` and the number of the field `y` in the same place, times `amount`.
  (func $moved (param $x i32) (param $y i32) (param $amount f64) (result v128)
    (f64x2.mul
      (f64x2.splat (local.get $amount))
      (f64x2.promote_low_f32x4 (v128.load32_lane 1 (local.get $y) (v128.load32_zero (local.get $x))))))

  ;; Takes each pixel from where one or two displacements lead, by bilinear interpolation, clamped at the borders. `x2` 0: there is one.
  ;; `right` and `low` are the largest coordinates.
  (func (export "displace")
    (param $from i32) (param $to i32) (param $width i32) (param $height i32) (param $size i32) (param $ox i32) (param $oy i32)
    (param $x1 i32) (param $y1 i32) (param $a1 f64) (param $x2 i32) (param $y2 i32) (param $a2 f64) (param $right f64) (param $low f64)
    (local $x i32) (local $y i32) (local $row i32) (local $i i32) (local $s v128) (local $whole v128) (local $most v128) (local $x0 i32) (local $y0 i32) (local $p i32)
    (local $tx v128) (local $ty v128) (local $above v128) (local $below v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $most (f64x2.replace_lane 1 (f64x2.splat (local.get $right)) (local.get $low)))
    (loop $down
      (local.set $row (call $rowOf (i32.add (local.get $y) (local.get $oy)) (local.get $size)))
      (local.set $x (i32.const 0))
      (loop $next
        (local.set $i (i32.add (local.get $row) (call $column (i32.add (local.get $x) (local.get $ox)) (local.get $size))))
        (local.set $s
          (f64x2.add
            (f64x2.replace_lane 1 (f64x2.splat (f64.convert_i32_s (local.get $x))) (f64.convert_i32_s (local.get $y)))
            (call $moved (i32.add (local.get $x1) (local.get $i)) (i32.add (local.get $y1) (local.get $i)) (local.get $a1))))
        (if (local.get $x2)
          (then
            (local.set $s
              (f64x2.add (local.get $s)
                (call $moved (i32.add (local.get $x2) (local.get $i)) (i32.add (local.get $y2) (local.get $i)) (local.get $a2))))))
        (local.set $s (f64x2.pmin (f64x2.pmax (local.get $s) (v128.const f64x2 0 0)) (local.get $most)))
        (local.set $whole (f64x2.floor (local.get $s)))
        (local.set $s (f64x2.sub (local.get $s) (local.get $whole)))
        (local.set $tx (i8x16.shuffle 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 (local.get $s) (local.get $s)))
        (local.set $ty (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $s) (local.get $s)))
        (local.set $whole (call $rounded (local.get $whole)))
        (local.set $x0 (i32x4.extract_lane 0 (local.get $whole)))
        (local.set $y0 (i32x4.extract_lane 2 (local.get $whole)))
        (local.set $p
          (i32.add (local.get $from)
            (i32.mul (i32.const 3) (i32.add (i32.mul (local.get $y0) (local.get $width)) (local.get $x0)))))
        (local.set $above (v128.load64_zero (local.get $p)))
        (local.set $below (v128.load64_zero (i32.add (local.get $p) (i32.mul (i32.const 3) (local.get $width)))))
        (local.set $a (i8x16.swizzle (local.get $above) (v128.const i8x16 0 255 255 255 1 255 255 255 2 255 255 255 255 255 255 255)))
        (local.set $b (i8x16.swizzle (local.get $above) (v128.const i8x16 3 255 255 255 4 255 255 255 5 255 255 255 255 255 255 255)))
        (local.set $c (i8x16.swizzle (local.get $below) (v128.const i8x16 0 255 255 255 1 255 255 255 2 255 255 255 255 255 255 255)))
        (local.set $d (i8x16.swizzle (local.get $below) (v128.const i8x16 3 255 255 255 4 255 255 255 5 255 255 255 255 255 255 255)))
        (v128.store32_lane 0 (local.get $to)
          (i8x16.shuffle 0 8 16 16 16 16 16 16 16 16 16 16 16 16 16 16
            (call $mixed
              (call $between (local.get $a) (local.get $b) (local.get $tx))
              (call $between (local.get $c) (local.get $d) (local.get $tx))
              (local.get $ty))
            (call $mixed
              (call $between (call $high (local.get $a)) (call $high (local.get $b)) (local.get $tx))
              (call $between (call $high (local.get $c)) (call $high (local.get $d)) (local.get $tx))
              (local.get $ty))))
        (local.set $to (i32.add (local.get $to) (i32.const 3)))
        (br_if $next (i32.lt_s (local.tee $x (i32.add (local.get $x) (i32.const 1))) (local.get $width))))
      (br_if $down (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height)))))

  ;; The upper two int32 of a vector, as its lower two.
  (func $high (param $v v128) (result v128)
    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $v) (local.get $v))))
